package io.saccade.faults;

import io.saccade.contract.event.Task;
import io.saccade.faults.Fault.Scene;
import io.saccade.testkit.Await;
import io.saccade.triton.TritonException;
import java.util.List;

/** Faults in which the models themselves change. */
final class ModelVersions {

    private static final String MODEL = "image-embedding";
    private static final int SECOND = 2;
    private static final int BROKEN = 3;

    private ModelVersions() {}

    /** A second version takes over, a third one cannot be loaded, and the first one comes back. */
    static void replaced(Scene scene) throws Exception {
        var lab = scene.lab();
        var repository = lab.repository();
        lab.keepAnswers(false);
        try {
            repository.addOpposite(MODEL, SECOND, "embedding");
            repository.load(MODEL);
            lab.calibrate(); // what the second version says of each picture
            lab.forgetAfterwards(Task.EMBEDDING, MODEL + "/" + SECOND);
            back(scene);
            scene.load().awaitAnswered(0.2, scene.patience());
            scene.begins();
            repository.addOpposite(MODEL, SECOND, "embedding");
            repository.load(MODEL);
            awaitNamed(scene, SECOND);
            scene.load().awaitAnswered(0.4, scene.patience());
            repository.addBroken(MODEL, BROKEN);
            scene.figure("a version that cannot be loaded", refusesToLoad(scene) ? "is refused" : "WAS LOADED");
            scene.load().awaitAnswered(0.6, scene.patience());
            repository.remove(MODEL, BROKEN);
            back(scene);
            awaitNamed(scene, 1);
            scene.load().awaitAnswered(0.8, scene.patience());
            repository.addOpposite(MODEL, SECOND, "embedding");
            repository.load(MODEL);
            awaitNamed(scene, SECOND);
            scene.load().awaitAnswered(1, scene.patience());
            scene.figure(
                    "answers by version",
                    String.join(
                            ", ",
                            List.of(1, SECOND).stream()
                                    .map(version -> lab.named(Task.EMBEDDING, MODEL + "/" + version) + " by " + version)
                                    .toList()));
            if (lab.named(Task.EMBEDDING, MODEL + "/" + SECOND) == 0) {
                throw new AssertionError(
                        "the second version must have answered while images flowed, but none names it");
            }
        } finally {
            repository.remove(MODEL, BROKEN);
            back(scene);
            lab.keepAnswers(true);
        }
    }

    /** Waits until a version answers, or there is nothing left to answer: loading a model may take longer than all images. */
    private static void awaitNamed(Scene scene, int version) {
        var name = MODEL + "/" + version;
        long before = scene.lab().named(Task.EMBEDDING, name);
        Await.until(
                "an answer by version " + version,
                scene.patience(),
                () -> scene.lab().named(Task.EMBEDDING, name) > before
                        || scene.load().answered() == scene.load().images());
    }

    private static void back(Scene scene) throws Exception {
        scene.lab().repository().remove(MODEL, SECOND);
        scene.lab().repository().load(MODEL);
    }

    private static boolean refusesToLoad(Scene scene) {
        try {
            scene.lab().repository().load(MODEL);
            return false;
        } catch (TritonException e) {
            return true;
        }
    }
}
