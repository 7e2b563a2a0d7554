package dev.fovea.bench;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Interleaved;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Quantizer;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.function.DoubleSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/// What loading does to weights: bytes read and written against the speed at which memory can be read.
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets parameters before anything is called
public class Conversions {
    private static final int BLOCK = 32;

    /// What is done, and the block format that it concerns. Unpacking writes to a row that stays in cache, and only
    /// the bytes that it reads count.
    @Param({
        "unpack F16",
        "unpack BF16",
        "unpack Q8_0",
        "unpack Q4_0",
        "unpack Q4_K",
        "unpack Q5_K",
        "unpack Q6_K",
        "quantize Q8_0",
        "quantize Q4_0",
        "interleave Q8_0",
        "interleave Q4_0"
    })
    public String what;

    /// Outputs x inputs.
    @Param("11008x4096")
    public String shape;

    @Setup(Level.Trial)
    public void prepare(Technique technique, Timed timed) {
        int[] sizes = Inputs.numbers(shape); // outputs, inputs
        Format format = Format.valueOf(what.substring(what.indexOf(' ') + 1));
        long bytes = format.bytes((long) sizes[0] * sizes[1]);
        MemorySegment stream = technique.stream();
        DoubleSupplier peak = () -> technique.machine().readPeak(stream);
        if (what.startsWith("quantize")) {
            timed.is(4.0 * sizes[0] * sizes[1] + bytes, peak, quantized(format, sizes, technique.workers()));
            return;
        }
        Matrix w = new Matrix(technique.weights(bytes), format, sizes[0], sizes[1]);
        if (what.startsWith("unpack")) {
            timed.is((double) bytes, peak, unpacked(w, technique));
        } else {
            timed.is(2.0 * bytes, peak, interleaved(w, technique));
        }
    }

    private static Runnable unpacked(Matrix w, Technique technique) {
        Kernels kernels = technique.tested();
        float[][] rows = new float[technique.threads][w.cols()];
        float[] expected = new float[w.cols()];
        for (int row : Agreement.sample(w.rows())) {
            kernels.unpack(w, row, rows[0]);
            w.unpackRow(row, expected, 0);
            same(expected, rows[0]);
        }
        return () -> technique.workers().forEach(w.rows(), (row, worker) -> kernels.unpack(w, row, rows[worker]));
    }

    /// Row by row, as files are written.
    private static Runnable quantized(Format format, int[] sizes, Workers workers) {
        Tensor x = Inputs.normal(sizes[0], sizes[1]);
        int rowBytes = (int) format.bytes(sizes[1]);
        byte[] to = new byte[sizes[0] * rowBytes];
        Runnable all = () -> workers.forEach(
                sizes[0], (row, _) -> Quantizer.quantize(x.data(), x.at(row), sizes[1], format, to, row * rowBytes));
        all.run();
        Matrix w = new Matrix(MemorySegment.ofArray(to), format, sizes[0], sizes[1]);
        float[] found = new float[sizes[1]];
        for (int row : Agreement.sample(sizes[0])) {
            w.unpackRow(row, found, 0);
            for (int first = 0; first < sizes[1]; first += BLOCK) {
                rounded(x.data(), x.at(row) + first, found, first, format);
            }
        }
        return all;
    }

    /// Half a step in eight bits; a whole one in four, which have a level less on one side. The scale is an f16.
    private static void rounded(float[] x, int at, float[] found, int first, Format format) {
        double largest = 0;
        for (int i = 0; i < BLOCK; i++) {
            largest = Math.max(largest, Math.abs(x[at + i]));
        }
        double steps = format == Format.Q8_0 ? 0.5 / 127 : 1.0 / 8;
        double bound = largest * (steps + 0x1p-10);
        for (int i = 0; i < BLOCK; i++) {
            Agreement.close(x[at + i], found[first + i], bound);
        }
    }

    /// Memory of each run is given back, as that of a matrix which replaces another.
    private static Runnable interleaved(Matrix w, Technique technique) {
        float[] expected = new float[w.cols()];
        float[] found = new float[w.cols()];
        try (Arena arena = Arena.ofShared()) {
            Matrix interleaved = Interleaved.of(w, technique.workers(), arena);
            for (int row : Agreement.sample(w.rows())) {
                w.unpackRow(row, expected, 0);
                interleaved.unpackRow(row, found, 0);
                same(expected, found);
            }
        }
        return () -> {
            try (Arena arena = Arena.ofShared()) {
                Interleaved.of(w, technique.workers(), arena);
            }
        };
    }

    private static void same(float[] expected, float[] found) {
        if (!Arrays.equals(expected, found)) {
            throw new AssertionError("unpacked numbers differ from the format's definition");
        }
    }

    @Benchmark
    public void convert(Timed timed, Share share) {
        timed.run();
    }
}
