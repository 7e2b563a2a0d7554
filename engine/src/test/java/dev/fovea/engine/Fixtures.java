package dev.fovea.engine;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/// The folder of reference outputs that the fixture layer of the tests reads; it is not part of the repository.
public final class Fixtures {
    private Fixtures() {}

    /// The folder. Where it is missing the test is skipped with a line that says so, except in continuous integration,
    /// where the test fails.
    public static Path require() {
        Path folder = Path.of(System.getProperty("fovea.fixtures", "../../shared/fixtures"));
        if (Files.isDirectory(folder)) {
            return folder;
        }
        if ("true".equals(System.getenv("CI"))) {
            throw new AssertionError("fixtures not found at " + folder);
        }
        System.out.println("fixtures not found at " + folder + ": fixture tests skipped");
        return Assumptions.abort("fixtures not found at " + folder);
    }
}
