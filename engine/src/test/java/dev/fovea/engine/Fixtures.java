package dev.fovea.engine;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/// The folder of reference outputs beside the checkout, `-Dfovea.fixtures=DIR`; tests that need it skip without it.
public final class Fixtures {
    private Fixtures() {}

    /// The folder; where it is missing the calling test is skipped, or fails if the environment says `CI=true`.
    public static Path require() {
        Path folder = Path.of(System.getProperty("fovea.fixtures", "../../shared/fixtures"));
        if (Files.isDirectory(folder)) {
            return folder;
        }
        String message = "fixtures not found at " + folder + ": fixture tests skipped";
        if ("true".equals(System.getenv("CI"))) {
            throw new AssertionError(message);
        }
        System.out.println(message);
        return Assumptions.abort(message);
    }
}
