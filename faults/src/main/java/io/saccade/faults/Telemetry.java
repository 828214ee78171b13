package io.saccade.faults;

import io.saccade.faults.Fault.Scene;
import io.saccade.testkit.fault.FaultyLink;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Faults of what only watches. */
final class Telemetry {

    private Telemetry() {}

    /**
     * Every service sends its traces to a collector that resets each connection, then takes them and never answers; and is asked
     * for its metrics by somebody who does not read them.
     */
    static void away(Scene scene, List<String> services) throws IOException {
        try (var collector = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
                var link =
                        FaultyLink.to(collector.getLocalPort(), scene.random().nextLong())) {
            link.refuse();
            var settings = Map.of(
                    "QUARKUS_OTEL_SDK_DISABLED", "false",
                    "QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT", "http://" + link.address(),
                    "QUARKUS_OTEL_EXPORTER_OTLP_TIMEOUT", "5s");
            var environment = new HashMap<String, Map<String, String>>();
            services.forEach(service -> environment.put(service, settings));
            var scrapers = new ArrayList<Socket>();
            try (var stand = scene.lab().instead(environment)) {
                scene.begins();
                scene.load().awaitAnswered(0.3, scene.patience());
                long refused = link.accepted();
                link.heal(); // connections are taken from now on, by a collector that never answers
                for (var service : services) {
                    for (int i = 0; i < 5; i++) {
                        scrapers.add(askAndNeverRead(stand.of(service).address()));
                    }
                }
                scene.load().awaitAnswered(1, scene.patience());
                scene.figure(
                        "connections to the collector",
                        refused + " reset, " + (link.accepted() - refused) + " never answered");
            } finally {
                for (var scraper : scrapers) {
                    scraper.close();
                }
            }
        }
    }

    private static Socket askAndNeverRead(URI service) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), service.getPort());
        socket.getOutputStream()
                .write("GET /q/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        return socket;
    }
}
