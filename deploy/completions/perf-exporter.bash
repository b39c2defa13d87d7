# bash completion for perf-exporter(1). Generated from the options; `make docs` writes it anew.

_perf_exporter() {
  local cur=${COMP_WORDS[COMP_CWORD]} flag=${COMP_WORDS[COMP_CWORD - 1]} command='' flags before='' i
  if [[ $cur == '=' ]]; then
    cur=''
  elif [[ $flag == '=' ]]; then
    flag=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  case $flag in
    --collector|--no-collector)
      [[ $cur != *,* ]] || before=${cur%,*},
      compopt -o nospace
      mapfile -t COMPREPLY < <(compgen -P "$before" -W 'cycles instructions branch cache software stalls bus hw_cache' -- "${cur##*,}")
      return ;;
    --aggregate)
      mapfile -t COMPREPLY < <(compgen -W 'cpu package node' -- "$cur")
      return ;;
    --guests)
      mapfile -t COMPREPLY < <(compgen -W 'auto include exclude' -- "$cur")
      return ;;
    --log.level)
      mapfile -t COMPREPLY < <(compgen -W 'debug info warn error' -- "$cur")
      return ;;
    --log.format)
      mapfile -t COMPREPLY < <(compgen -W 'logfmt json' -- "$cur")
      return ;;
    --format)
      mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$cur")
      return ;;
    --path.procfs|--path.sysfs|--path.cgroupfs)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return ;;
    --config)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return ;;
    --cpus|--web.listen-address|--web.telemetry-path|--web.max-requests|--scope|--pid|--for)
      return ;;
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --collector|--no-collector|--cpus|--aggregate|--guests|--web.listen-address|--web.telemetry-path|--web.max-requests|--path.procfs|--path.sysfs|--path.cgroupfs|--log.level|--log.format|--config|--format|--scope|--pid|--for)
        [[ ${COMP_WORDS[i + 1]} != '=' ]] || ((i++))
        ((i++)) ;;
      -*) ;;
      *)
        command=${COMP_WORDS[i]}
        break ;;
    esac
  done
  flags='--collector --no-collector --cpus --aggregate --guests --strict --web.listen-address --web.telemetry-path --web.max-requests --path.procfs --path.sysfs --path.cgroupfs --log.level --log.format --config --version --help'
  case $command in
    probe) flags+=' --format --scope --need --exit-zero --trace --pid' ;;
    stat) flags+=' --for' ;;
  esac
  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$cur")
  elif [[ -z $command ]]; then
    mapfile -t COMPREPLY < <(compgen -W 'probe list stat' -- "$cur")
  fi
}

complete -F _perf_exporter perf-exporter
