{{/* Name of everything in this release. */}}
{{- define "saccade.fullname" -}}
{{- if contains "saccade" .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-saccade" .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{- define "saccade.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "saccade.fullname" .) -}}
{{- else -}}
{{- required "serviceAccount.name must be set when serviceAccount.create is false" .Values.serviceAccount.name -}}
{{- end -}}
{{- end }}

{{/* Labels that select; they never change. Argument: dict root, name. */}}
{{- define "saccade.selector" -}}
app.kubernetes.io/name: saccade
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- define "saccade.labels" -}}
{{ include "saccade.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* Image of a component. Argument: dict root, name, digest. */}}
{{- define "saccade.image" -}}
{{- $registry := .root.Values.image.registry | trimSuffix "/" -}}
{{- $repository := printf "saccade-%s" .name -}}
{{- if $registry }}{{ $repository = printf "%s/%s" $registry $repository }}{{ end -}}
{{- if .digest -}}
{{- printf "%s@%s" $repository .digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (.root.Values.image.tag | default .root.Chart.AppVersion) -}}
{{- end -}}
{{- end }}

{{/* The services that are on, each with the defaults under it, as YAML. */}}
{{- define "saccade.services" -}}
{{- $services := dict -}}
{{- range $name, $own := .Values.services -}}
{{- $service := mustMergeOverwrite (deepCopy $.Values.defaults) (deepCopy ($own | default dict)) -}}
{{- if $service.enabled -}}
{{- $_ := set $services $name $service -}}
{{- end -}}
{{- end -}}
{{- toYaml $services -}}
{{- end }}

{{/* Partitions of every topic. */}}
{{- define "saccade.partitions" -}}
{{- .Values.topics.partitions | default (.Files.Get "files/topics.yaml" | fromYaml).partitions | int -}}
{{- end }}

{{/* How many joiners hold a copy of a joiner's state: as told, else another one if there is one. */}}
{{- define "saccade.standbys" -}}
{{- if kindIs "invalid" .standbys -}}
{{- gt (.replicas | int) 1 | ternary 1 0 -}}
{{- else -}}
{{- .standbys | int -}}
{{- end -}}
{{- end }}

{{/* host:port lists to the ports in them, as YAML. */}}
{{- define "saccade.ports" -}}
{{- $ports := list -}}
{{- range regexFindAll ":[0-9]+(,|/|$)" . -1 -}}
{{- $ports = append $ports (regexFind "[0-9]+" . | int) -}}
{{- end -}}
{{- toYaml ($ports | uniq) -}}
{{- end }}

{{- define "saccade.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "saccade.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Stops with a sentence where values contradict each other. */}}
{{- define "saccade.check" -}}
{{- $_ := required "kafka.bootstrapServers is required: the brokers to ask first, host:port separated by commas" .Values.kafka.bootstrapServers -}}
{{- $services := include "saccade.services" . | fromYaml -}}
{{- $partitions := include "saccade.partitions" . | int -}}
{{- $keys := list -}}
{{- range (.Files.Get "files/topics.yaml" | fromYaml).topics }}{{ $keys = append $keys .key }}{{ end -}}
{{- $stages := list -}}
{{- $intake := "" -}}
{{- range $name, $service := $services -}}
{{- if eq $service.role "stage" }}{{ $stages = append $stages $name }}{{ end -}}
{{- if eq $service.role "intake" }}{{ $intake = $name }}{{ end -}}
{{- range $service.reads -}}
{{- if not (has . $keys) -}}
{{- fail (printf "services.%s.reads names '%s', which is no key of files/topics.yaml (%s)" $name . (join ", " $keys)) -}}
{{- end -}}
{{- end -}}
{{- if and (eq $service.autoscaling.by "none") (gt ($service.replicas | int) $partitions) -}}
{{- fail (printf "services.%s.replicas is %d, but the topics have %d partitions: more replicas would stand idle" $name ($service.replicas | int) $partitions) -}}
{{- end -}}
{{- if ne $service.autoscaling.by "none" -}}
{{- if gt ($service.autoscaling.max | int) $partitions -}}
{{- fail (printf "services.%s.autoscaling.max is %d, but the topics have %d partitions: more replicas would stand idle" $name ($service.autoscaling.max | int) $partitions) -}}
{{- end -}}
{{- if gt ($service.autoscaling.min | int) ($service.autoscaling.max | int) -}}
{{- fail (printf "services.%s.autoscaling.min is %d, above its max %d" $name ($service.autoscaling.min | int) ($service.autoscaling.max | int)) -}}
{{- end -}}
{{- if and (eq $service.autoscaling.by "cpu") (lt ($service.autoscaling.min | int) 1) -}}
{{- fail (printf "services.%s.autoscaling.min must be at least 1 with by: cpu; only lag can wake a service from 0" $name) -}}
{{- end -}}
{{- if eq $service.role "joiner" -}}
{{- fail (printf "services.%s.autoscaling.by must be none: scaling moves the join's state, so choose its replicas" $name) -}}
{{- end -}}
{{- end -}}
{{- if and (eq $service.role "joiner") (ge ($service.standbys | default 0 | int) ($service.replicas | int)) (gt ($service.standbys | default 0 | int) 0) -}}
{{- fail (printf "services.%s.standbys is %d, but %d replicas can hold at most %d copies beside their own" $name ($service.standbys | int) ($service.replicas | int) (sub ($service.replicas | int) 1)) -}}
{{- end -}}
{{- end -}}
{{- if $stages -}}
{{- $_ := required "triton.endpoints is required: the gRPC addresses of the model server, host:port separated by commas" .Values.triton.endpoints -}}
{{- $sources := list -}}
{{- if .Values.models.existingClaim }}{{ $sources = append $sources "models.existingClaim" }}{{ end -}}
{{- if .Values.models.image }}{{ $sources = append $sources "models.image" }}{{ end -}}
{{- if .Values.models.hostPath }}{{ $sources = append $sources "models.hostPath" }}{{ end -}}
{{- if .Values.models.inImage }}{{ $sources = append $sources "models.inImage" }}{{ end -}}
{{- if ne (len $sources) 1 -}}
{{- fail (printf "exactly one of models.existingClaim, models.image, models.hostPath and models.inImage must say where tokenizers and label files are, got %s" ($sources | join " and " | default "none")) -}}
{{- end -}}
{{- if and .Values.models.image (semverCompare "<1.35-0" .Capabilities.KubeVersion.Version) -}}
{{- fail (printf "models.image needs Kubernetes 1.35 or newer, this is %s; older ones drop image volumes silently" .Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- if and .Values.images.existingClaim (not .Values.images.fileRoots) -}}
{{- fail "images.existingClaim is mounted at /images, but images.fileRoots allows no folder; set it to /images" -}}
{{- end -}}
{{- end -}}
{{- if and $stages $intake (not .Values.images.s3.buckets) -}}
{{- fail (printf "services.%s submits objects of buckets, but images.s3.buckets allows the stages none: every image would be refused" $intake) -}}
{{- end -}}
{{- if and .Values.images.s3.existingSecret (not .Values.images.s3.buckets) -}}
{{- fail "images.s3.existingSecret gives credentials, but images.s3.buckets allows no bucket; name the buckets that may be read" -}}
{{- end -}}
{{- if and .Values.kafka.existingSecret .Values.topics.enabled -}}
{{- fail "topics.enabled must be false with kafka.existingSecret: the topics Job speaks neither TLS nor SASL yet; make the topics of files/topics.yaml otherwise" -}}
{{- end -}}
{{- $catalogue := .Files.Get "files/topics.yaml" | fromYaml -}}
{{- if gt (.Values.topics.minInsync | default $catalogue.minInsync | int) (.Values.topics.replicas | default $catalogue.replicas | int) -}}
{{- fail (printf "topics.minInsync is %d, above topics.replicas %d: nothing could be written" (.Values.topics.minInsync | default $catalogue.minInsync | int) (.Values.topics.replicas | default $catalogue.replicas | int)) -}}
{{- end -}}
{{- if eq .Values.image.tag "latest" -}}
{{- fail "image.tag must name a version, not 'latest': nobody knows what runs" -}}
{{- end -}}
{{- end }}
