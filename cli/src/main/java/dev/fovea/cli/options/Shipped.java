package dev.fovea.cli.options;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// The files that come with Fovea: its small models and its benchmark.
public final class Shipped {
    private static final String MODEL = "models/fovea-mini";
    private static final String TASK = "eval-data/hr-mini/hr-mini-test.zip";

    private Shipped() {}

    /// The small model; empty where the program runs without its home.
    public static Optional<Path> model() {
        return find(MODEL);
    }

    /// The test split of HR-Mini.
    public static Optional<Path> hrMini() {
        return find(TASK);
    }

    private static Optional<Path> find(String name) {
        return home().map(home -> home.resolve(name)).filter(Files::exists);
    }

    /// The directory that the launcher names, else the one above `cli/target/fovea.jar` or `cli/target/classes`.
    private static Optional<Path> home() {
        String named = System.getProperty("fovea.home", "");
        if (!named.isEmpty()) {
            return Optional.of(Path.of(named));
        }
        try {
            Path code = Path.of(
                    Shipped.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            return Optional.ofNullable(code.getParent()).map(Path::getParent).map(Path::getParent);
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }
}
