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
{{- else }}
SACCADE_JOIN_DEADLINE: {{ .root.Values.join.deadline | quote }}
SACCADE_JOIN_STATE_DIRECTORY: {{ .root.Values.join.stateDirectory | quote }}
SACCADE_JOIN_STANDBYS: {{ .service.standbys | default 0 | toString | quote }}
{{- end }}
{{- if .root.Values.tracing.otlpEndpoint }}
QUARKUS_OTEL_SDK_DISABLED: "false"
QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT: {{ .root.Values.tracing.otlpEndpoint | quote }}
{{- else }}
QUARKUS_OTEL_SDK_DISABLED: "true"
{{- end }}
{{- end }}
