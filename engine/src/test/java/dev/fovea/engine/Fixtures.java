package dev.fovea.engine;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/// The folder of reference outputs that is not in the repository.
public final class Fixtures {
    private Fixtures() {}

    /// The folder; without it the test is skipped, or fails when `CI=true`.
    public static Path require() {
        Path fixtures = Path.of(System.getProperty("fovea.fixtures", "../shared/fixtures"));
        if (Files.isDirectory(fixtures)) {
            return fixtures;
        }
        if ("true".equals(System.getenv("CI"))) {
            throw new AssertionError("fixtures not found at " + fixtures.toAbsolutePath());
        }
        System.out.println("fixtures not found at " + fixtures.toAbsolutePath() + ": fixture tests skipped");
        return Assumptions.abort("fixtures not found");
    }
}
