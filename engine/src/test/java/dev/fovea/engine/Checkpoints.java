package dev.fovea.engine;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;

/// The small checkpoints and goldens among the test resources.
public final class Checkpoints {
    private Checkpoints() {}

    /// The directory of the checkpoint `name`.
    public static Path named(String name) {
        return resource("/checkpoints/" + name);
    }

    /// A file or directory of the test resources.
    public static Path resource(String name) {
        URL url = Checkpoints.class.getResource(name);
        if (url == null) {
            throw new AssertionError("no test resource " + name);
        }
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }
}
