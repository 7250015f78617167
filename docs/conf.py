"""Sphinx builds the pages of this folder: `sphinx-build -W -n docs build/docs`."""

project = "pytest-stripe-balance"
author = "The pytest-stripe-balance authors"
project_copyright = author
extensions = ["myst_parser"]
exclude_patterns = ["conf.py"]
html_theme = "alabaster"
html_theme_options = {"description": "pytest fixtures that fake Stripe's cash balance"}
myst_heading_anchors = 3
