{{- define "workbell.name" -}}
{{- if contains "workbell" .Release.Name }}{{ .Release.Name | trunc 63 | trimSuffix "-" }}{{ else }}{{ printf "%s-workbell" .Release.Name | trunc 63 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "workbell.selector" -}}
app.kubernetes.io/name: workbell
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "workbell.labels" -}}
{{ include "workbell.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "workbell.postgres" -}}
{{- if eq .Values.storage.type "postgres" }}yes{{ else if ne .Values.storage.type "sqlite" }}{{ fail (printf "storage.type is %q: write sqlite or postgres" .Values.storage.type) }}{{ end }}
{{- end }}

{{- define "workbell.scheme" -}}
{{- if and .Values.web.configSecret .Values.web.tls }}HTTPS{{ else }}HTTP{{ end }}
{{- end }}

{{/* How a probe asks for a path: (list . path). */}}
{{- define "workbell.probe" -}}
{{- $root := index . 0 -}}
{{- if and $root.Values.web.configSecret $root.Values.web.demands -}}
tcpSocket: {port: hooks}
{{- else -}}
httpGet: {path: {{ index . 1 }}, port: hooks, scheme: {{ include "workbell.scheme" $root }}}
{{- end }}
{{- end }}

{{/* The pod, the same for both kinds of storage. */}}
{{- define "workbell.pod" -}}
metadata:
  labels:
    {{- include "workbell.labels" . | nindent 4 }}
  annotations:
    checksum/config: {{ list .Values.rules .Values.templates | toJson | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  automountServiceAccountToken: false
  # Calls that send end within 16 s, those that ask within 25 s; before that 5 s
  # pass in which the Service learns that this pod goes.
  terminationGracePeriodSeconds: 45
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    seccompProfile: {type: RuntimeDefault}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: workbell
      image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args:
        - serve
        - --config.file=/etc/workbell/config/rules.yaml
        {{- if .Values.templates }}
        - --templates=/etc/workbell/templates
        {{- end }}
        - --web.listen-address=:8060
        - --metrics.listen-address=:9090
        {{- if .Values.web.configSecret }}
        - --web.config.file=/run/secrets/web/web.yml
        {{- end }}
        {{- if .Values.admin.configSecret }}
        - --admin.config.file=/run/secrets/admin/web.yml
        - --admin.listen-address=:8061
        {{- end }}
        - --storage.retention={{ .Values.retention }}
        - --log.level={{ .Values.log.level }}
        - --log.format={{ .Values.log.format }}
        {{- with .Values.extraArgs }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      env:
        - name: WORKBELL_STORAGE
          {{- if include "workbell.postgres" . }}
          valueFrom:
            secretKeyRef:
              name: {{ .Values.storage.postgres.secret }}
              key: {{ .Values.storage.postgres.key }}
          {{- else }}
          value: sqlite:/data/workbell.db
          {{- end }}
      {{- with .Values.envFrom }}
      envFrom:
        {{- range . }}
        - secretRef: {name: {{ . }}}
        {{- end }}
      {{- end }}
      ports:
        - {name: hooks, containerPort: 8060}
        - {name: metrics, containerPort: 9090}
        {{- if .Values.admin.configSecret }}
        - {name: admin, containerPort: 8061}
        {{- end }}
      startupProbe:
        {{- include "workbell.probe" (list . "/readyz") | nindent 8 }}
        periodSeconds: 2
        failureThreshold: 60
      livenessProbe:
        {{- include "workbell.probe" (list . "/livez") | nindent 8 }}
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        {{- include "workbell.probe" (list . "/readyz") | nindent 8 }}
        timeoutSeconds: 5
      lifecycle:
        preStop:
          sleep: {seconds: 5}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - {name: config, mountPath: /etc/workbell/config, readOnly: true}
        {{- if .Values.templates }}
        - {name: templates, mountPath: /etc/workbell/templates, readOnly: true}
        {{- end }}
        {{- if .Values.secrets }}
        - {name: secrets, mountPath: /run/secrets/workbell, readOnly: true}
        {{- end }}
        {{- range $name := list "web" "admin" }}
        {{- if (index $.Values $name).configSecret }}
        - {name: {{ $name }}-config, mountPath: /run/secrets/{{ $name }}, readOnly: true}
        {{- end }}
        {{- end }}
        {{- if not (include "workbell.postgres" .) }}
        - {name: data, mountPath: /data}
        {{- end }}
  volumes:
    - name: config
      configMap: {name: {{ include "workbell.name" . }}}
    {{- if .Values.templates }}
    - name: templates
      configMap: {name: {{ include "workbell.name" . }}-templates}
    {{- end }}
    {{- if .Values.secrets }}
    - name: secrets
      projected:
        defaultMode: 0440
        sources:
          {{- range .Values.secrets }}
          - secret: {name: {{ . }}}
          {{- end }}
    {{- end }}
    {{- range $name := list "web" "admin" }}
    {{- with (index $.Values $name).configSecret }}
    - name: {{ $name }}-config
      secret: {secretName: {{ . }}, defaultMode: 0440}
    {{- end }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if include "workbell.postgres" . }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "workbell.selector" . | nindent 10 }}
  {{- end }}
{{- end }}
