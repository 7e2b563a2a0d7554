package dev.fovea.kernel;

import java.lang.System.Logger.Level;
import java.lang.reflect.InvocationTargetException;
import java.util.Locale;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;

/// The table of techniques. Classes are named, not linked, so that the module loads where `jdk.incubator.vector` is
/// absent, and so that the promise knows none of its implementations; those of other jars are found as services.
final class Backends {
    private static final System.Logger LOG = System.getLogger(Kernels.class.getName());
    private static final String ONEDNN = "onednn";
    private static final String EMITTED = "dev.fovea.kernel.emitted.EmittedKernels";
    private static final String INCUBATOR = "jdk.incubator.vector";

    private Backends() {}

    static Kernels named(String name, Workers workers, Compute compute) {
        return switch (name) {
            case "scalar" -> {
                requireF32(name, compute);
                yield create("dev.fovea.kernel.scalar.ScalarKernels", name, workers);
            }
            case "vector" -> {
                requireF32(name, compute);
                requireIncubator();
                yield create("dev.fovea.kernel.vector.VectorKernels", name, workers);
            }
            case "vnni", "avxvnni", "avx2" -> {
                if (compute == Compute.F32) {
                    throw new UnsupportedOperationException("kernels \"" + name + "\" compute in int8"
                            + (name.equals("vnni") ? " and bf16" : "") + ", not in f32, which vector or onednn do");
                }
                Kernels kernels = emitted(named("vector", workers, Compute.F32), compute, name);
                if (kernels.compute() != compute) {
                    throw new UnsupportedOperationException(
                            "kernels \"" + name + "\" cannot compute in " + lower(compute) + " here");
                }
                yield kernels;
            }
            default -> provided(name, workers, compute);
        };
    }

    static Kernels best(Workers workers, Compute compute) {
        return withMachineCode(bestOfOthers(workers, compute), compute);
    }

    private static Kernels bestOfOthers(Workers workers, Compute compute) {
        String why = "no faster technique is on the class path";
        try {
            for (KernelsProvider provider : ServiceLoader.load(KernelsProvider.class)) {
                try {
                    return provided(provider, workers, compute);
                } catch (UnsupportedOperationException e) {
                    why = String.valueOf(e.getMessage());
                }
            }
        } catch (ServiceConfigurationError e) {
            why = String.valueOf(e.getMessage());
        }
        Kernels kernels = ofThisJar(workers);
        LOG.log(Level.INFO, "kernels: {0}, because {1}", kernels.name(), why);
        return kernels;
    }

    /// In binary32 where the processor lacks the instructions of `compute`.
    private static Kernels provided(KernelsProvider provider, Workers workers, Compute compute) {
        try {
            Kernels kernels = provider.create(workers, compute);
            LOG.log(Level.INFO, "kernels: {0}, products in {1}", kernels.name(), lower(compute));
            return kernels;
        } catch (UnsupportedOperationException e) {
            if (compute == Compute.F32) {
                throw e;
            }
            Kernels kernels = provider.create(workers, Compute.F32);
            LOG.log(Level.INFO, "kernels: {0}, products in f32, because {1}", kernels.name(), e.getMessage());
            return kernels;
        }
    }

    private static Kernels ofThisJar(Workers workers) {
        try {
            return named("vector", workers, Compute.F32);
        } catch (UnsupportedOperationException e) {
            LOG.log(Level.WARNING, "kernels: scalar, slow, because {0}", e.getMessage());
            return named("scalar", workers, Compute.F32);
        }
    }

    private static Kernels provided(String name, Workers workers, Compute compute) {
        Set<String> names = new TreeSet<>(Set.of("scalar", "vector", "vnni", "avxvnni", "avx2", ONEDNN));
        for (KernelsProvider provider : ServiceLoader.load(KernelsProvider.class)) {
            if (provider.name().equals(name)) {
                return provider.create(workers, compute);
            }
            names.add(provider.name());
        }
        if (name.equals(ONEDNN)) {
            throw new UnsupportedOperationException(
                    "kernels \"onednn\": expected the jars fovea-kernels-onednn and org.bytedeco:dnnl of this platform"
                            + " on the class path, found no such technique");
        }
        throw new IllegalArgumentException(
                "kernels: expected one of " + String.join(", ", names) + ", found \"" + name + "\"");
    }

    private static void requireF32(String name, Compute compute) {
        if (compute != Compute.F32) {
            throw new UnsupportedOperationException(
                    "kernels \"" + name + "\" compute in f32, not in " + lower(compute) + ", which onednn does");
        }
    }

    private static String lower(Compute compute) {
        return compute.name().toLowerCase(Locale.ROOT);
    }

    private static Kernels withMachineCode(Kernels others, Compute compute) {
        Kernels kernels = others;
        try {
            kernels = emitted(others, compute);
            LOG.log(Level.INFO, "kernels: {0}, with machine code", kernels.name());
        } catch (UnsupportedOperationException e) {
            LOG.log(Level.INFO, "kernels: {0}, no machine code, because {1}", others.name(), e.getMessage());
        }
        if (kernels.compute() != compute) {
            // int8 has to be asked for; bf16 is what one takes where there is
            Level level = compute == Compute.INT8 ? Level.WARNING : Level.INFO;
            LOG.log(
                    level,
                    "kernels: {0}, in {1} and not in {2}",
                    kernels.name(),
                    lower(kernels.compute()),
                    lower(compute));
        }
        return kernels;
    }

    private static void requireIncubator() {
        if (ModuleLayer.boot().findModule(INCUBATOR).isEmpty()) {
            throw new UnsupportedOperationException("kernels \"vector\": module " + INCUBATOR
                    + " is missing; start java with --add-modules " + INCUBATOR);
        }
    }

    /// With the fastest machine code that runs here.
    private static Kernels emitted(Kernels others, Compute compute) {
        Class<?>[] parameters = {Kernels.class, Compute.class};
        return create(EMITTED, "machine code", parameters, others, compute);
    }

    private static Kernels emitted(Kernels others, Compute compute, String family) {
        Class<?>[] parameters = {Kernels.class, Compute.class, String.class};
        return create(EMITTED, family, parameters, others, compute, family);
    }

    private static Kernels create(String className, String name, Workers workers) {
        return create(className, name, new Class<?>[] {Workers.class}, workers);
    }

    private static Kernels create(String className, String name, Class<?>[] parameters, Object... arguments) {
        try {
            return Class.forName(className)
                    .asSubclass(Kernels.class)
                    .getConstructor(parameters)
                    .newInstance(arguments);
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
