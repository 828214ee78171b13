# A plain Java program, the model server or the command line:
#   docker build -f deploy/containers/Containerfile.java \
#     --build-arg MODULE=model-server --build-arg MAIN=io.saccade.modelserver.Main .
ARG BASE=eclipse-temurin:25-jre
FROM ${BASE}
ARG MODULE
ARG MAIN
LABEL org.opencontainers.image.title="saccade-${MODULE}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY services/${MODULE}/target/lib/ /opt/saccade/lib/
COPY services/${MODULE}/target/saccade-${MODULE}-*.jar /opt/saccade/lib/
# An entry point in exec form knows no build arguments; a file of JVM arguments does.
RUN printf '%s\n' -XX:MaxRAMPercentage=60 -XX:+ExitOnOutOfMemoryError --enable-native-access=ALL-UNNAMED \
      -cp '/opt/saccade/lib/*' "${MAIN}" > /opt/saccade/java.args
ENV HOME=/tmp
WORKDIR /tmp
USER 10001:10001
ENTRYPOINT ["java", "@/opt/saccade/java.args"]
