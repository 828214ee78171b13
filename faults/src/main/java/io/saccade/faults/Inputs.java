package io.saccade.faults;

import io.saccade.faults.Fault.Scene;
import io.saccade.faults.lab.Service;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Faults in what comes in. */
final class Inputs {

    private Inputs() {}

    /** Nothing but the pictures is broken; no service may die of them. */
    static void brokenPictures(Scene scene) {
        var before = lives(scene);
        scene.begins();
        scene.load().awaitAnswered(1, scene.patience());
        if (!lives(scene).equals(before)) {
            throw new AssertionError("no service may die of a picture, but were " + before + ", are " + lives(scene));
        }
    }

    private static Map<String, Long> lives(Scene scene) {
        return scene.lab().services().stream()
                .filter(Service::isAlive)
                .collect(Collectors.toMap(
                        Service::name, service -> service.process().process().pid()));
    }

    /** Images come by address; one host does everything a host should not. */
    static void hostileHost(Scene scene, List<String> stages) {
        var hosts = scene.lab().hosts();
        var settings = Map.of(
                "SACCADE_IMAGES_WEB_HTTP", "true",
                "SACCADE_IMAGES_WEB_PORTS",
                        hosts.ports().stream().map(String::valueOf).collect(Collectors.joining(",")),
                // The lab's hosts lie on this machine, where nobody else may send a service.
                "SACCADE_IMAGES_WEB_ALLOWED_HOSTS", "localhost",
                "SACCADE_IMAGES_WEB_ALLOWED_NETWORKS", "127.0.0.0/8",
                // What never answers must be given up within minutes, or the run would last as long as patience does.
                "SACCADE_IMAGES_FETCH_TIMEOUT", "5s",
                "SACCADE_IMAGES_FETCH_REST_FIRST", "1s",
                "SACCADE_IMAGES_FETCH_REST_LONGEST", "5s",
                "SACCADE_STAGE_ATTEMPTS", "4",
                "SACCADE_STAGE_RETRY_LATEST", "5s");
        var environment = new HashMap<String, Map<String, String>>();
        stages.forEach(stage -> environment.put(stage, settings));
        try (var _ = scene.lab().instead(environment)) {
            scene.begins();
            scene.load().awaitAnswered(1, scene.patience());
        }
        scene.figure("asked of the good host", Long.toString(hosts.goodAsked()));
        scene.figure("asked of the bad one", Long.toString(hosts.badAsked()));
        scene.figure("asked of the forbidden one", Long.toString(hosts.forbiddenAsked()));
        if (hosts.forbiddenAsked() > 0) {
            throw new AssertionError("a redirect led " + hosts.forbiddenAsked() + " times to a host nobody may ask");
        }
    }
}
