package dev.fovea.kernel;

import java.lang.reflect.InvocationTargetException;

/// The table of techniques. Classes are named, not linked, so that the module loads where `jdk.incubator.vector` is
/// absent, and so that the promise knows none of its implementations.
final class Backends {
    private static final System.Logger LOG = System.getLogger(Kernels.class.getName());
    private static final String INCUBATOR = "jdk.incubator.vector";

    private Backends() {}

    static Kernels named(String name, Workers workers) {
        return switch (name) {
            case "scalar" -> create("dev.fovea.kernel.scalar.ScalarKernels", name, workers);
            case "vector" -> {
                requireIncubator();
                yield create("dev.fovea.kernel.vector.VectorKernels", name, workers);
            }
            case "vnni" -> emitted(named("vector", workers));
            default ->
                throw new IllegalArgumentException("kernels: expected scalar, vector or vnni, found \"" + name + "\"");
        };
    }

    static Kernels best(Workers workers) {
        try {
            Kernels vector = named("vector", workers);
            return withMachineCode(vector);
        } catch (UnsupportedOperationException e) {
            Kernels scalar = named("scalar", workers);
            LOG.log(System.Logger.Level.WARNING, "kernels: {0}, slow, because {1}", scalar.name(), e.getMessage());
            return scalar;
        }
    }

    private static Kernels withMachineCode(Kernels vector) {
        try {
            Kernels emitted = emitted(vector);
            LOG.log(System.Logger.Level.INFO, "kernels: {0}, the widest vectors that the JVM prefers", emitted.name());
            return emitted;
        } catch (UnsupportedOperationException e) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "kernels: {0}, the widest vectors that the JVM prefers; no int8 products, because {1}",
                    vector.name(),
                    e.getMessage());
            return vector;
        }
    }

    private static void requireIncubator() {
        if (ModuleLayer.boot().findModule(INCUBATOR).isEmpty()) {
            throw new UnsupportedOperationException("kernels \"vector\": module " + INCUBATOR
                    + " is missing; start java with --add-modules " + INCUBATOR);
        }
    }

    private static Kernels emitted(Kernels others) {
        return create("dev.fovea.kernel.emitted.EmittedKernels", "vnni", Kernels.class, others);
    }

    private static Kernels create(String className, String name, Workers workers) {
        return create(className, name, Workers.class, workers);
    }

    private static <T> Kernels create(String className, String name, Class<T> parameter, T argument) {
        try {
            return Class.forName(className)
                    .asSubclass(Kernels.class)
                    .getConstructor(parameter)
                    .newInstance(argument);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof UnsupportedOperationException reason) {
                throw reason;
            }
            throw new UnsupportedOperationException("kernels \"" + name + "\": " + e.getCause(), e);
        } catch (ReflectiveOperationException | LinkageError e) {
            throw new UnsupportedOperationException("kernels \"" + name + "\" cannot be loaded: " + e, e);
        }
    }
}
