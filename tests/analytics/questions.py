"""Runs the code of docs/analytics.md on an export: usage questions.py <folder> <leadctl …>."""

import datetime
import json
import os
import re
import subprocess
import sys

import duckdb
import nbformat
import pandas as pd
import polars as pl
from nbclient import NotebookClient

folder, *leadctl = sys.argv[1:]
TABLES = ["leads", "runs", "sends", "mails"]


def plain(value):
    """A value as both a data frame and leadctl show it."""
    if value is None or value != value or value is pd.NaT:
        return ""
    if isinstance(value, (int, float)) or hasattr(value, "item"):
        return round(float(value), 6)
    if isinstance(value, (datetime.date, datetime.timedelta)):
        return str(value)
    try:
        return round(float(value), 6)
    except (TypeError, ValueError):
        return str(value)


def rows(answer):
    if isinstance(answer, pd.Series):
        answer = answer.reset_index()
    if isinstance(answer, pd.DataFrame):
        answer = list(answer.itertuples(index=False, name=None))
    elif isinstance(answer, pl.DataFrame):
        answer = answer.rows()
    elif not isinstance(answer, list):
        answer = [(answer,)]
    return sorted([tuple(plain(value) for value in row) for row in answer], key=str)


page = open("docs/analytics.md", encoding="utf-8").read()
setup = re.search(r"<!-- setup -->\n+```python\n(.*?)```", page, re.S).group(1)
questions = re.findall(r"^### (\d+\. .*?)\n.*?```sql\n(.*?)```\s+```python\n(.*?)```", page, re.S | re.M)
os.chdir(os.path.dirname(folder))
scope = {}
exec(setup, scope)
repository = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
failed = 0
for title, sql, python in questions:
    command = [*leadctl, "sql", sql, "--from", folder, "--json"]
    said = subprocess.run(command, cwd=repository, capture_output=True, text=True)
    if said.returncode != 0:
        raise SystemExit(f"{title}: {said.stderr}")
    by_leadctl = rows([tuple(row.values()) for row in json.loads(said.stdout)])
    by_duckdb = rows(scope["duck"].sql(sql).fetchall())
    exec(python, scope)
    by_frames = rows(scope["answer"])
    same = by_leadctl == by_duckdb == by_frames and len(by_leadctl) > 0
    print(f"{'ok' if same else 'DIFFERENT'}  {title}  ({len(by_leadctl)} rows)")
    if not same:
        failed += 1
        print(by_leadctl, by_duckdb, by_frames, sep="\n")
assert len(questions) == 10, f"{len(questions)} questions"
notebook = nbformat.read(os.path.join(repository, "docs/analytics.ipynb"), as_version=4)
NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
print(f"ok  docs/analytics.ipynb, {len(notebook.cells)} cells")
sys.exit(1 if failed else 0)
