package dev.fovea.eval.run;

import dev.fovea.eval.Task;
import dev.fovea.eval.task.Tasks;
import java.nio.file.Path;
import java.util.Optional;

/// The model and the benchmark that come with Fovea.
public final class Shared {
    private static final Path HOME = Path.of(System.getProperty("basedir", "."), "..");

    public static final Path MODEL = HOME.resolve("models/fovea-mini");

    private Shared() {}

    public static Task hrMini() {
        return Tasks.open("hr-mini", Optional.of(HOME.resolve("eval-data/hr-mini/hr-mini-test.zip")));
    }
}
