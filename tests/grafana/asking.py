"""Grafana's part in the tests: resolves the variables of a dashboard and asks Prometheus each panel's queries."""

import math
import re
import time

import dashboards
import harness

# As Grafana computes it unless told how often Prometheus scrapes: four times 15 s. Long enough for a machine that is
# too busy to scrape every second.
DURATIONS = {"__rate_interval": "60s", "__range": "60s"}
# How far back a panel over time looks.
SPAN_SECONDS = 6


def wait_for_scrapes(prometheus, targets, scrapes=4):
    """Until every target has been scraped that often."""
    harness.wait_for(lambda: len(prometheus.ask(f"count_over_time(up[1m]) >= {scrapes}")) == targets, "scrapes")


def values_of(prometheus, variable, chosen):
    """What a variable offers: label_values(SELECTOR, LABEL) is a question to the API for the values of a label."""
    match = re.fullmatch(r"label_values\((.*), (\w+)\)", dashboards.interpolate(variable["query"]["query"], chosen))
    return prometheus.get(f"label/{match[2]}/values", {"match[]": match[1]})


def choose_all(prometheus, dashboard, **singled):
    """{variable: what stands for it in a query}, with All wherever there is one; `singled` names one value instead."""
    chosen = {"datasource": "prometheus", **DURATIONS}
    for name, variable in dashboards.variables(dashboard).items():
        if variable["type"] == "query":
            offered = values_of(prometheus, variable, chosen)
            if name in singled:
                assert singled[name] in offered, f"{name} offers {offered}"
                offered = [singled[name]]
            if name not in singled and variable.get("allValue"):
                chosen[name] = variable["allValue"]
            elif variable["multi"]:
                chosen[name] = dashboards.choose(offered)
            else:
                chosen[name] = offered[0] if offered else ""
    return chosen


def answers(prometheus, target, chosen):
    """[(labels, newest value)] of a panel's query: those that are numbers."""
    expression = dashboards.interpolate(target["expr"], chosen)
    if target["instant"]:
        found = prometheus.query(expression)
    else:
        now = time.time()
        span = {"query": expression, "start": now - SPAN_SECONDS, "end": now, "step": 1}
        result = prometheus.get("query_range", span)["result"]
        found = [(each["metric"], float(each["values"][-1][1])) for each in result]
    return [(labels, value) for labels, value in found if math.isfinite(value)]


def without_data(prometheus, dashboard, chosen):
    """The titles of the panels of which no query has an answer. Every query is asked; none may be refused."""
    has_data = {}
    for panel, target in dashboards.queries(dashboard):
        found = bool(answers(prometheus, target, chosen))
        has_data[panel["title"]] = has_data.get(panel["title"], False) or found
    return {title for title, found in has_data.items() if not found}
