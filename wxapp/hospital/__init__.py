"""What the hospital offers and how it works (医院配置): the ground on which a visit is run.

*Projects* (项目) in categories with prices and their history; *methods* (付款方式) by which money comes in, with the
banks and lenders of loans among them; the *flow* (流程) of a visit in versions; departments of diagnostics (医技科);
*workstations* (电脑) with their tokens; *floors* (底价), the lowest share of a list price that a role may give; lists
of codes with their words (医院标签, 开发部门, 来源).

Nothing here is deleted: what is no longer used is switched off, and old rows elsewhere keep their copies.
"""
