"""Passwords that people guess first: patterns, words and the words of a hospital. Own list, lower case."""

from __future__ import annotations

_WORDS = """
admin administrator root user guest test demo pass password passwd passw0rd secret welcome hello login master
manager superuser system oracle mysql redis server default changeme letmein iloveyou monkey dragon sunshine
princess football baseball superman batman shadow michael jennifer charlie computer internet whatever freedom
trustno starwars pokemon qwerty qwertyuiop asdfgh asdfghjkl zxcvbn zxcvbnm qazwsx qazwsxedc wsxedc abcdef abcdefg
abcdefgh abcabc aaa abc abcd woaini woaini woaiwojia wodemima mima nihao zhongguo beijing shanghai guangzhou
shenzhen hangzhou chengdu zhang wang chen liu huang zhao weixin wechat alipay taobao tencent baidu
hospital doctor nurse patient clinic medical medicine health pharmacy surgery dental beauty cosmetic
yiyuan yisheng hushi huanzhe binganhao yaofang shoushu tijian yimei meirong zhengxing kouqiang jiankang menzhen
qiantai jianyanke zixunshi shouhou caiwu kefu guanliyuan yuanzhang xinxike keshi baogao shoufei guahao
hosp his lis pacs emr wxapp
"""

WORDS = frozenset(_WORDS.split())
"""A password that is such a word, with digits or signs around it, is refused."""

KEYBOARD_ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "1qaz2wsx3edc4rfv")
"""Runs along these, forwards or backwards, don't count as length."""

_WHOLE = """
1qaz2wsx 1qaz2wsx3edc 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4 q1w2e3r4t5 qwer1234 1234qwer asdf1234 zxcv1234
a1b2c3d4 aa123456 a123456789 123456aa 123qweasd qweasdzxc 123qwe123 qwe123456 abc123456 abcd1234 1234abcd
5201314 5201314520 52013145 520131452 13145200 woaini1314 woaini520 11223344 1122334455 12341234 123123123 123321123
987654321 0987654321 147258369 147852369 159357123 741852963 789456123 963852741 66668888 88886666 asd123456
p@ssw0rd p@ssword passw0rd p4ssw0rd pa55word pa$$w0rd adm1n123 admin@123 root@123 test@1234 welcome1 welcome123
iloveyou1 zaq12wsx zaq1xsw2 xsw21qaz qwertyui asdfghjk zxcvbnm1 qazwsxedc1 google123 changeme1 letmein12
"""

WHOLE = frozenset(_WHOLE.split())
"""Refused as they are."""
