# fish completion for perf-exporter(1). Generated from the options; `make docs` writes it anew.

function __perf_exporter_collectors
    printf '%s\t%s\n' \
        cycles 'CPU cycles, and reference cycles where the CPU has them' \
        instructions 'retired instructions' \
        branch 'branches and mispredicted branches' \
        cache 'cache references and misses, as the CPU\'s family defines them' \
        software 'page faults, context switches, migrations and alignment faults' \
        stalls 'cycles in which the front end or the back end of the pipeline stood still' \
        bus 'bus cycles' \
        hw_cache 'generalised cache events: L1, last level, TLBs, branch unit, memory node'
end

complete -c perf-exporter -f
complete -c perf-exporter -n 'not __fish_seen_subcommand_from probe list stat' -a probe -d 'Explain what can be counted here and what to change where it can\'t'
complete -c perf-exporter -n 'not __fish_seen_subcommand_from probe list stat' -a list -d 'Show the events, whether each opens here, and why not; only those that contain PATTERN'
complete -c perf-exporter -n 'not __fish_seen_subcommand_from probe list stat' -a stat -d 'Count for a while and print a table, without serving'
complete -c perf-exporter -l collector -x -a '(__fish_complete_list , __perf_exporter_collectors)' -d 'Run exactly the collectors named'
complete -c perf-exporter -l no-collector -x -a '(__fish_complete_list , __perf_exporter_collectors)' -d 'Take these from the collectors that run'
complete -c perf-exporter -l cpus -x -d 'Count on these CPUs: online, housekeeping (online without isolated and nohz_full), or a list like 0-3,8 or 0-63:2'
complete -c perf-exporter -l aggregate -x -a 'cpu package node' -d 'Keep the counts of every cpu apart, of every package, or sum up the whole node'
complete -c perf-exporter -l guests -x -a 'auto include exclude' -d 'Count what virtual machines execute on this host, too: auto, include or exclude'
complete -c perf-exporter -l strict -d 'Exit with 3 at the start where anything wanted is refused or not there (a CPU, a PMU, an event), instead of serving the rest'
complete -c perf-exporter -l web.listen-address -x -d 'Serve on host:port, [::]:port or unix:/path'
complete -c perf-exporter -l web.telemetry-path -x -d 'Serve the metrics under PATH'
complete -c perf-exporter -l web.max-requests -x -d 'Answer at most N scrapes at once (1 to 500); more get 503'
complete -c perf-exporter -l path.procfs -x -a '(__fish_complete_directories)' -d 'Where the host\'s procfs is mounted'
complete -c perf-exporter -l path.sysfs -x -a '(__fish_complete_directories)' -d 'Where the host\'s sysfs is mounted'
complete -c perf-exporter -l path.cgroupfs -x -a '(__fish_complete_directories)' -d 'Where the host\'s cgroup file systems are mounted'
complete -c perf-exporter -l log.level -x -a 'debug info warn error' -d 'Log to standard error from this level up: debug, info, warn or error'
complete -c perf-exporter -l log.format -x -a 'logfmt json' -d 'Write the log as logfmt or json'
complete -c perf-exporter -l config -r -F -d 'Read flags from a TOML file, named as here without the dashes: web.max-requests = 5'
complete -c perf-exporter -n '__fish_seen_subcommand_from probe' -l format -x -a 'text json' -d 'Print the report as text or json'
complete -c perf-exporter -n '__fish_seen_subcommand_from probe' -l scope -x -d 'Judge what these scopes ask for: cpu (whole CPUs) and cgroup'
complete -c perf-exporter -n '__fish_seen_subcommand_from probe' -l need -d 'Print instead what the wanted collectors and scopes would take on this kernel: the least capability, sysctl and pod'
complete -c perf-exporter -n '__fish_seen_subcommand_from probe' -l exit-zero -d 'Exit with 0 whatever was found, as init containers need it'
complete -c perf-exporter -n '__fish_seen_subcommand_from probe' -l trace -d 'As root: make refused trials again and show by the kernel\'s own tracing which function refused'
complete -c perf-exporter -n '__fish_seen_subcommand_from probe' -l pid -x -d 'As root: watch process N like that until it is refused, ends, or a signal comes'
complete -c perf-exporter -n '__fish_seen_subcommand_from stat' -l for -x -d 'Count for this long: 500ms, 10s, 2m, 1h'
complete -c perf-exporter -l version -d 'Print the version and exit'
complete -c perf-exporter -s h -l help -d 'Print a help text and exit'
