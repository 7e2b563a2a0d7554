package dev.fovea.bench;

import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.logging.Logger;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// The technique under test with its threads, what it is checked against, and the memory of one case. Not final, since
/// JMH extends its states.
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH sets up before anything else is called
public class Technique {
    /// More than any cache holds.
    static final long STREAM_BYTES = 512L << 20;

    /// Which technique it is, the process that collects results says once for all cases.
    private static final Logger QUIET = Logger.getLogger(Kernels.class.getName());

    /// `scalar`, `vector`, `vnni`, `onednn` or `best`.
    @Param("vector")
    public String kernels;

    /// `f32`, `bf16` or `int8`.
    @Param("f32")
    public String compute;

    /// Whether weights are read-only, and may therefore be kept packed from one product to the next.
    @Param("false")
    public boolean kept;

    @Param("2")
    public int threads;

    private Workers workers;
    private Kernels tested;
    private Machine machine;
    private Arena arena;

    @Setup(Level.Trial)
    public void open() {
        QUIET.setLevel(java.util.logging.Level.WARNING);
        workers = new Workers(threads);
        tested = Machine.kernels(kernels, compute, workers);
        machine = new Machine(workers);
        arena = Arena.ofShared();
    }

    @TearDown(Level.Trial)
    public void close() {
        workers.close();
        arena.close();
    }

    Workers workers() {
        return workers;
    }

    Kernels tested() {
        return tested;
    }

    Agreement agreement() {
        return new Agreement(Kernels.named("scalar", workers));
    }

    Machine machine() {
        return machine;
    }

    Arena arena() {
        return arena;
    }

    /// Weights in a mapped file, as a checkpoint's.
    MemorySegment weights(long bytes) {
        MemorySegment weights = Inputs.filled(Inputs.mapped(bytes, arena));
        return kept ? weights.asReadOnly() : weights;
    }

    /// Memory whose reading measures the bandwidth.
    MemorySegment stream() {
        return arena.allocate(STREAM_BYTES, 4096).fill((byte) 1);
    }
}
