"""Patients (患者) and the WeChat users who look after them.

A *patient* is a record of the hospital, made by staff. A *WeChat user* is a person known by openid. A *binding*
(信息绑定) lets a WeChat user see and act for a patient; it is active or ended and never taken up again. The *current
patient* is the one whose orders, bookings, reports and balance a user's pages show. The *balance password* (余额密码)
belongs to the patient: first *issued* by staff, good for nothing but to be changed into the patient's own.

Names, ID numbers and phones are encrypted and found by blind indexes. A *look* is a note that somebody saw them.

Tells: PatientBound, PatientUnbound, BalancePasswordReset; messages.PushReceived for what WeChat pushes.
Hears: PushReceived, OpenidRefused.
"""
