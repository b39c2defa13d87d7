{{/* Names and labels as in the charts of the Prometheus community. */}}

{{- define "perf-exporter.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/* Release and chart, or the release alone where its name holds the chart's. */}}
{{- define "perf-exporter.fullname" -}}
{{- $name := include "perf-exporter.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{/* What never changes for a release: a DaemonSet's selector can't be edited. */}}
{{- define "perf-exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "perf-exporter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "perf-exporter.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "perf-exporter.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/component: metrics
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "perf-exporter.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "perf-exporter.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "perf-exporter.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end }}

{{- define "perf-exporter.telemetryPath" -}}
{{- index (.Values.config | default dict) "web.telemetry-path" | default "/metrics" -}}
{{- end }}

{{/* One TOML value. Numbers come as floats out of YAML; the exporter takes whole ones. */}}
{{- define "perf-exporter.toml" -}}
{{- if kindIs "slice" . -}}
[{{ range $i, $each := . }}{{ if $i }}, {{ end }}{{ include "perf-exporter.toml" $each }}{{ end }}]
{{- else if or (kindIs "float64" .) (kindIs "int64" .) (kindIs "int" .) -}}
{{ int64 . }}
{{- else if kindIs "bool" . -}}
{{ . }}
{{- else -}}
{{ toString . | mustToRawJson }}
{{- end -}}
{{- end }}

{{/*
The exporter's configuration file. A file and not arguments or variables, because
- Kubernetes expands $(...) in arguments, and a flag may be a regular expression;
- a variable PERF_EXPORTER_... of no flag is ignored by design, so a misspelt one would be silent, while an
  unknown key of the file ends the exporter with its name and the line;
- the init container reads the same file, and `kubectl get configmap` shows what runs.
*/}}
{{- define "perf-exporter.config" -}}
web.listen-address = [{{ printf ":%d" (int .Values.port) | quote }}]
{{- range $key, $value := .Values.config }}
{{ $key }} = {{ include "perf-exporter.toml" $value }}
{{- end }}
{{- end }}

{{/* What both kinds of monitor ask of a target. Takes the monitor's values and the telemetry path. */}}
{{- define "perf-exporter.endpoint" -}}
port: metrics
path: {{ .path }}
honorLabels: true
{{- with .monitor.interval }}
interval: {{ . }}
{{- end }}
{{- with .monitor.scrapeTimeout }}
scrapeTimeout: {{ . }}
{{- end }}
{{- with .monitor.relabelings }}
relabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .monitor.metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "perf-exporter.volumeMounts" -}}
- name: config
  mountPath: /etc/perf-exporter
  readOnly: true
{{- range .Values.extraHostVolumeMounts }}
- name: {{ .name }}
  mountPath: {{ .mountPath }}
  readOnly: true
  {{- with .mountPropagation }}
  mountPropagation: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "perf-exporter.resources" -}}
{{- $set := dict -}}
{{- range $kind, $amounts := .Values.resources -}}
{{- if $amounts }}{{ $_ := set $set $kind $amounts }}{{ end -}}
{{- end -}}
{{- toYaml $set -}}
{{- end }}
