"""What side_by_side.py has measured, as a table and as verdicts on the project's targets."""

import statistics

COLUMN = 24
# The most that a scrape may cost, as a multiple of what the floor takes in the same run.
FLOOR_TARGETS = {"keep-alive": 1.1, "gzip": 1.1, "close": 1.3}


def percentile(values, percent):
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


def spread(values):
    return f"{statistics.median(values):.1f} [{min(values):.1f}-{max(values):.1f}]"


def number(value, form=".1f"):
    return "not measured" if value is None else format(value, form)


def user_us(contender):
    """User-space time per scrape in us: the sampled share of the exact CPU time."""
    share = contender.figures["user_share"]
    return share and share * statistics.median(contender.cpu_us["keep-alive"])


def rows(contender):
    """[(what, its figure as text)], the same for each contender."""
    figures = contender.figures
    found = []
    for mode, rounds in contender.cpu_us.items():
        found.append((f"CPU per scrape, {mode}, us", spread(rounds)))
    for mode, latencies in contender.latency_us.items():
        both = f"{percentile(latencies, 50):.0f} / {percentile(latencies, 99):.0f}"
        found.append((f"latency p50 / p99, {mode}, us", both))
    crowded = contender.crowded_us
    without, with_crowd = (percentile(crowded[is_crowded], 99) for is_crowded in (False, True))
    share = figures["user_share"]
    return [
        *found,
        ("p99 without / with 50 half-open, us", f"{without:.0f} / {with_crowd:.0f}"),
        ("user-space time per scrape, us", number(user_us(contender))),
        ("  its share, sampled", number(share and 100 * share, ".0f") + " %"),
        ("start to first scrape, ms", spread(contender.start_ms)),
        ("resident fresh / loaded, MiB", f"{figures['resident_fresh_mib']:.1f} / {figures['resident_loaded_mib']:.1f}"),
        ("open descriptors", str(figures["descriptors"])),
        ("perf reads per scrape", number(figures["perf_reads"])),
        ("system calls per scrape", number(figures["system_calls"])),
        ("samples, of them perf counters", f"{figures['samples']}, {figures['counter_samples']}"),
        ("bytes", str(figures["bytes"])),
    ]


def print_table(contenders):
    print(f"{'':38}" + "".join(f"{contender.name:>{COLUMN}}" for contender in contenders))
    for lines in zip(*(rows(contender) for contender in contenders)):
        print(f"{lines[0][0]:38}" + "".join(f"{figure:>{COLUMN}}" for _, figure in lines))


def print_ratios(ours, others):
    for other in others:
        ratios = [
            f"{mode} {statistics.median(other.cpu_us[mode]) / statistics.median(ours.cpu_us[mode]):.2f}"
            for mode in ours.cpu_us
        ]
        latency = percentile(other.latency_us["keep-alive"], 50) / percentile(ours.latency_us["keep-alive"], 50)
        memory = other.figures["resident_loaded_mib"] / ours.figures["resident_loaded_mib"]
        print(
            f"{other.name} / ours: CPU per scrape {', '.join(ratios)}; p50 {latency:.1f}; resident memory {memory:.1f}"
        )


def verdict(what, target, measured, is_met):
    print(f"{what}: target {target}, measured {measured}: {'met' if is_met else 'missed'}")


def print_verdicts(ours, floor):
    for mode, rounds in ours.cpu_us.items():
        most = FLOOR_TARGETS[mode]
        ratio = statistics.median(rounds) / statistics.median(floor.cpu_us[mode])
        verdict(f"CPU per scrape / the floor's, {mode}", f"<= {most}", f"{ratio:.2f}", ratio <= most)
    calls = ours.figures["system_calls"]
    if calls is None:
        print("system calls per scrape, keep-alive: not measured, for there is no strace")
    else:
        verdict("system calls per scrape, keep-alive", "<= 12", f"{calls:.1f}", calls <= 12)
    memory = ours.figures["resident_loaded_mib"]
    verdict("resident memory", "<= 9 MiB", f"{memory:.1f} MiB", memory <= 9)
    start = statistics.median(ours.start_ms)
    verdict("start to first scrape", "<= 100 ms", f"{start:.1f} ms", start <= 100)
    crowd = percentile(ours.crowded_us[True], 99) / percentile(ours.crowded_us[False], 99)
    verdict("p99 with 50 half-open clients / without", "<= 2", f"{crowd:.2f}", crowd <= 2)


def print_report(contenders, rounds, scrapes, pause):
    """The first contender is ours, the second the floor that the targets compare it with. `pause` is in seconds."""
    ours, *others = contenders
    extent = f"{rounds} rounds of {scrapes} scrapes, {1e3 * pause:g} ms apart,"
    print(f"{extent} each; medians [smallest-largest] of rounds; latencies as this client in Python sees them")
    print("CPU time is the scheduler's and exact; its user-space share comes from samples every 0.1 ms\n")
    print_table(contenders)
    print()
    print_ratios(ours, others)
    print()
    print_verdicts(ours, others[0])
