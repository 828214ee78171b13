{{/* What a service is told, as the data of its ConfigMap. Argument: dict root, service. */}}
{{- define "saccade.environment" -}}
QUARKUS_HTTP_PORT: "8080"
SACCADE_KAFKA_BOOTSTRAP_SERVERS: {{ .root.Values.kafka.bootstrapServers | quote }}
{{- if .root.Values.kafka.existingSecret }}
QUARKUS_CONFIG_LOCATIONS: /etc/saccade/kafka/application.properties
{{- end }}
{{- if eq .service.role "stage" }}
SACCADE_TRITON_ENDPOINTS: {{ .root.Values.triton.endpoints | quote }}
SACCADE_MODELS_DIRECTORY: {{ .root.Values.models.path | quote }}
{{- with .root.Values.images.fileRoots }}
SACCADE_IMAGES_FILE_ROOTS: {{ . | quote }}
{{- end }}
{{- if ne .root.Values.images.decoder "auto" }}
SACCADE_IMAGES_DECODER: {{ .root.Values.images.decoder | quote }}
{{- end }}
{{- with .root.Values.images.web }}
{{- if not .https }}
SACCADE_IMAGES_WEB_HTTPS: "false"
{{- end }}
{{- if .http }}
SACCADE_IMAGES_WEB_HTTP: "true"
{{- end }}
{{- with .allowedHosts }}
SACCADE_IMAGES_WEB_ALLOWED_HOSTS: {{ join "," . | quote }}
{{- end }}
{{- with .deniedHosts }}
SACCADE_IMAGES_WEB_DENIED_HOSTS: {{ join "," . | quote }}
{{- end }}
{{- with .allowedNetworks }}
SACCADE_IMAGES_WEB_ALLOWED_NETWORKS: {{ join "," . | quote }}
{{- end }}
{{- end }}
{{- with .root.Values.images.s3 }}
{{- if .buckets }}
SACCADE_IMAGES_S3_BUCKETS: {{ join "," .buckets | quote }}
{{- with .endpoint }}
SACCADE_IMAGES_S3_ENDPOINT: {{ . | quote }}
{{- end }}
{{- with .region }}
SACCADE_IMAGES_S3_REGION: {{ . | quote }}
{{- end }}
{{- if .pathStyle }}
SACCADE_IMAGES_S3_PATH_STYLE: "true"
{{- end }}
{{- end }}
{{- end }}
{{- else if eq .service.role "intake" }}
SACCADE_INTAKE_TENANT: {{ .root.Values.intake.tenant | quote }}
{{- else }}
SACCADE_JOIN_DEADLINE: {{ .root.Values.join.deadline | quote }}
SACCADE_JOIN_STATE_DIRECTORY: {{ .root.Values.join.stateDirectory | quote }}
SACCADE_JOIN_STANDBYS: {{ include "saccade.standbys" .service | quote }}
{{- end }}
{{- if .root.Values.tracing.otlpEndpoint }}
QUARKUS_OTEL_SDK_DISABLED: "false"
QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT: {{ .root.Values.tracing.otlpEndpoint | quote }}
{{- else }}
QUARKUS_OTEL_SDK_DISABLED: "true"
{{- end }}
{{- end }}
