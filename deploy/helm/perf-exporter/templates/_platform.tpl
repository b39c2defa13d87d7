{{/*
What each platform needs beyond the common rule: non-root, drop ALL, add PERFMON, no privilege escalation,
the runtime's seccomp profile.
*/}}
{{- define "perf-exporter.presets" -}}
generic: {}

# Its security context constraints assign the SELinux label; the annotation keeps another constraint that the
# account may use from being chosen. A label in the pod would have to repeat the namespace's own level.
openshift:
  annotations: {openshift.io/required-scc: perf-exporter}

# Enforcing nodes: container_t has no right to perf_event, spc_t has it.
selinux:
  seLinuxOptions: {type: spc_t}

# The default seccomp profile of CRI-O before 1.35.1 lets perf_event_open pass to containers that are given
# both. The process itself never holds SYS_ADMIN: what it gets, the binary's file capability decides.
crio-legacy:
  addCapabilities: [SYS_ADMIN]

# Docker before 25 takes a non-root container's capabilities away before it executes the program; with
# no_new_privs the file capability can't bring them back.
docker-legacy:
  allowPrivilegeEscalation: true
{{- end }}

{{- define "perf-exporter.preset" -}}
{{- index (include "perf-exporter.presets" . | fromYaml) .Values.platform | toYaml -}}
{{- end }}

{{- define "perf-exporter.podAnnotations" -}}
{{- $preset := include "perf-exporter.preset" . | fromYaml -}}
checksum/config: {{ include "perf-exporter.config" . | sha256sum }}
{{- with merge (deepCopy (.Values.podAnnotations | default dict)) ($preset.annotations | default dict) }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "perf-exporter.podSecurityContext" -}}
{{- $preset := include "perf-exporter.preset" . | fromYaml -}}
runAsNonRoot: true
runAsUser: {{ int .Values.runAsUser }}
runAsGroup: {{ int .Values.runAsGroup }}
seccompProfile:
  type: {{ .Values.seccompProfile.type }}
  {{- with .Values.seccompProfile.localhostProfile }}
  localhostProfile: {{ . }}
  {{- end }}
{{- with .Values.seLinuxOptions | default $preset.seLinuxOptions }}
seLinuxOptions:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "perf-exporter.containerSecurityContext" -}}
{{- $preset := include "perf-exporter.preset" . | fromYaml -}}
allowPrivilegeEscalation: {{ $preset.allowPrivilegeEscalation | default false }}
privileged: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
  add:
    {{- toYaml (concat (list "PERFMON") ($preset.addCapabilities | default list)) | nindent 4 }}
{{- end }}

{{/* Refuses values with which the pods could count nothing, or not what they say. Prints nothing. */}}
{{- define "perf-exporter.refuseWhatCannotCount" -}}
{{- if eq .Values.platform "gke-autopilot" -}}
{{- fail (list
  "\nplatform gke-autopilot: Autopilot's admission refuses the capability PERFMON, and without it no CPU can be"
  "counted. Use a node pool of a Standard cluster with platform=generic."
  | join " ") -}}
{{- end -}}
{{- if eq (toString .Values.hostUsers) "false" -}}
{{- fail (list
  "\nhostUsers: false puts the pods into a user namespace. perf asks for CAP_PERFMON in the node's own one, so"
  "every count would be refused (EACCES), although admission lets such a pod add the capability. Leave"
  "hostUsers at true."
  | join " ") -}}
{{- end -}}
{{- $sandbox := index (.Values.nodeSelector | default dict) "sandbox.gke.io/runtime" | default "" -}}
{{- if or (regexMatch "(?i)gvisor|runsc" (toString .Values.runtimeClassName)) (eq $sandbox "gvisor") -}}
{{- fail (list
  "\ngVisor (GKE Sandbox) answers in the kernel's place and has no performance counters: every open gives"
  "ENODEV. Use a runtime class that runs on the node's kernel."
  | join " ") -}}
{{- end -}}
{{- if and (eq .Values.platform "openshift") (not .Values.serviceAccount.create) (not .Values.serviceAccount.name) -}}
{{- fail (list
  "\nplatform openshift: the security context constraints are granted to a service account of the exporter's"
  "own; set serviceAccount.create=true, or serviceAccount.name to one that may use them. Granted to `default`"
  "they would serve every pod of the namespace."
  | join " ") -}}
{{- end -}}
{{- if and (eq .Values.seccompProfile.type "Localhost") (not .Values.seccompProfile.localhostProfile) -}}
{{- fail (list
  "\nseccompProfile.type Localhost needs seccompProfile.localhostProfile, the profile's path below the"
  "kubelet's seccomp folder."
  | join " ") -}}
{{- end -}}
{{- if and .Values.podMonitor.enabled .Values.serviceMonitor.enabled -}}
{{- fail (list
  "\npodMonitor and serviceMonitor are both enabled: every pod would be scraped twice, and sums would count"
  "twice. Take one."
  | join " ") -}}
{{- end -}}
{{- if hasKey (.Values.config | default dict) "web.listen-address" -}}
{{- fail (list
  "\nconfig.web.listen-address: the chart sets it from `port`, which the probes, the Service and the monitors"
  "use as well. Set port."
  | join " ") -}}
{{- end -}}
{{- end }}
