"""Packeta (Zásilkovna): pickup points and Z-BOX lockers in Czechia, Slovakia, Hungary, Romania and Poland, and home
delivery through other carriers.

Source of everything here: the official plugin github.com/Zasilkovna/WooCommerce@77a8da97 (src/Packetery/Core), the
client github.com/Salamek/zasilkovna@581ccc3 (src/ApiRest.php), and what several independent clients agree on. Packeta's
own documents were not at hand, so that what only clients show says so.
"""
