"""Prints `<country> <date>` for the public holidays of whole countries, from the package `holidays` (MIT).

    python3 -m pip install holidays
    python3 tools/data/public-holidays.py 2026 2035 | node tools/data/holidays.ts > libs/lead/src/holidays.data.ts
"""

import sys

import holidays

first, last = int(sys.argv[1]), int(sys.argv[2])
for country in sorted(code for code in holidays.list_supported_countries() if len(code) == 2):
    for date in sorted(holidays.country_holidays(country, years=range(first, last + 1))):
        if first <= date.year <= last:
            print(country, date.isoformat())
