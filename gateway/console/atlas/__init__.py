"""Maps without the internet: zones over the outlines of countries, as paths of an SVG that the server draws.

`countries.json` is Natural Earth's, in the public domain; `countries.LICENSE.txt` says what was done to it.
"""
