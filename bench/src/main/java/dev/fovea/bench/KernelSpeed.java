package dev.fovea.bench;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Interleaved;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.KeyValues;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Visible;
import dev.fovea.kernel.Workers;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;

/// Speed of matrix products and attention as a share of what the machine can do: of the binary32 FMA peak where
/// many rows are computed (twice that for bf16 and four times for int8 products, which is what their instructions do
/// on Zen 4), of the memory's read speed where one row is. Each case agrees with the scalar
/// technique on a sample before it is timed; kernel and peak alternate, so both see the same disturbances.
///
/// ```
/// ./mvnw -q -pl bench -am -DskipTests package
/// java --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -Xmx6g \
///      -cp kernels/target/classes:bench/target/classes \
///      dev.fovea.bench.KernelSpeed [threads=2] [kernels=vector] [compute=f32] [kept=false] [only=text] [rounds=15]
/// ```
///
/// `kernels=onednn` needs `kernels-onednn/target/classes` and the jar of `org.bytedeco:dnnl` on the class path as well.
/// With `kept=true` weights are read-only, and may therefore be kept packed from one product to the next.
public final class KernelSpeed {
    /// Weights that one-row products cycle through: far more than any cache.
    private static final long STREAM_BYTES = 512L << 20;

    private static final double EPS = 0x1p-24;

    private final Workers workers;
    private final Kernels kernels;
    private final Kernels scalar;
    private final Machine machine;
    private final String only;
    private final int rounds;
    private final Arena arena;
    private final MemorySegment stream; // bf16 and f16 numbers of moderate size, mapped from a file
    private final Random random = new Random(1);

    private KernelSpeed(Kernels kernels, String only, int rounds, Arena arena, MemorySegment stream) {
        this.workers = kernels.workers();
        this.kernels = kernels;
        this.scalar = Kernels.named("scalar", workers);
        this.machine = new Machine(workers);
        this.only = only;
        this.rounds = rounds;
        this.arena = arena;
        this.stream = stream;
    }

    public static void main(String[] args) throws IOException {
        int threads = Integer.parseInt(option(args, "threads", "2"));
        int rounds = Integer.parseInt(option(args, "rounds", "15"));
        Path file = Files.createTempFile("fovea", ".weights");
        try (Workers workers = new Workers(threads);
                Arena arena = Arena.ofShared()) {
            MemorySegment stream = StreamFiles.mapped(file, STREAM_BYTES, arena);
            MemorySegment weights = option(args, "kept", "false").equals("true") ? stream.asReadOnly() : stream;
            Kernels kernels =
                    Machine.kernels(option(args, "kernels", "vector"), option(args, "compute", "f32"), workers);
            new KernelSpeed(kernels, option(args, "only", ""), rounds, arena, weights).run();
        } finally {
            Files.delete(file);
        }
    }

    private static String option(String[] args, String name, String otherwise) {
        return Arrays.stream(args)
                .filter(arg -> arg.startsWith(name + "="))
                .map(arg -> arg.substring(name.length() + 1))
                .findFirst()
                .orElse(otherwise);
    }

    private void run() {
        System.out.printf("%s, %d threads, median of %d rounds%n", kernels.name(), workers.threads(), rounds);
        int[][] shapes = {
            {577, 1024, 1024},
            {577, 4096, 1024},
            {577, 1024, 4096},
            {636, 4096, 4096},
            {636, 11008, 4096},
            {2000, 4096, 4096},
            {16, 4096, 4096}
        };
        for (int[] shape : shapes) {
            for (Format format : Format.values()) {
                manyRows(format, shape[0], shape[1], shape[2]);
            }
        }
        interleaved(shapes);
        for (Format format : new Format[] {Format.F32, Format.F16}) {
            attention(format, 577, 577, 16, 16, 64, new Visible.Full());
            attention(format, 2940, 2940, 32, 32, 128, new Visible.Causal(0));
            attention(format, 2940, 2940, 32, 8, 128, new Visible.Causal(0));
        }
        for (int[] shape : new int[][] {{4096, 4096}, {11008, 4096}, {4096, 11008}}) {
            for (Format format : Format.values()) {
                oneRow(format, shape[0], shape[1]);
            }
        }
        for (Format format : new Format[] {Format.F32, Format.F16}) {
            oneRowAttention(format, 2940, 32, 32, 128);
            oneRowAttention(format, 2940, 32, 8, 128);
        }
    }

    /// Products with interleaved weights: with int8 activations if the technique has such.
    private void interleaved(int[][] shapes) {
        for (Format format : new Format[] {Format.Q8_0, Format.Q4_0}) {
            for (int[] shape : shapes) {
                manyRowsInterleaved(format, shape[0], shape[1], shape[2]);
            }
            for (int[] shape : new int[][] {{4096, 4096}, {11008, 4096}, {4096, 11008}}) {
                oneRowInterleaved(format, shape[0], shape[1], false);
                oneRowInterleaved(format, shape[0], shape[1], true);
            }
        }
    }

    private void manyRowsInterleaved(Format format, int rows, int out, int in) {
        String name = "matmul interleaved %s %dx%dx%d".formatted(format, rows, out, in);
        if (!name.contains(only)) {
            return;
        }
        Matrix w = Interleaved.of(weights(format, out, in, 0), workers, arena);
        Tensor x = tensor(rows, in);
        Tensor y = Tensor.zeros(rows, out);
        kernels.matmul(w, x, null, y);
        for (int row : new int[] {0, rows / 2, rows - 1}) {
            assertInt8(w, x.slice(row, row + 1), y.slice(row, row + 1));
        }
        report(
                name + " (peak: 4 x f32)",
                2.0 * rows * out * in,
                "GOP/s",
                () -> 4 * machine.fmaPeak(),
                () -> kernels.matmul(w, x, null, y));
    }

    private void oneRowInterleaved(Format format, int out, int in, boolean file) {
        String name = "matmul interleaved %s 1x%dx%d %s".formatted(format, out, in, file ? "file" : "memory");
        if (!name.contains(only)) {
            return;
        }
        long bytes = Interleaved.bytes(format, out, in);
        int copies = (int) (STREAM_BYTES / bytes);
        try (Arena own = Arena.ofShared()) {
            MemorySegment all = file ? StreamFiles.mappedNew(copies * bytes, own) : own.allocate(copies * bytes, 4096);
            Matrix first = Interleaved.of(weights(format, out, in, 0), workers, own);
            List<Matrix> weights = new ArrayList<>();
            for (int i = 0; i < copies; i++) {
                MemorySegment copy = all.asSlice(i * bytes, bytes).copyFrom(first.bytes());
                weights.add(new Matrix(copy, format, out, in, Matrix.Layout.INTERLEAVED));
            }
            Tensor x = tensor(1, in);
            Tensor y = Tensor.zeros(1, out);
            kernels.matmul(first, x, null, y);
            assertInt8(first, x, y);
            report(name, (double) copies * bytes, "GB/s", () -> machine.readPeak(all), () -> {
                for (Matrix w : weights) {
                    kernels.matmul(w, x, null, y);
                }
            });
        }
    }

    /// Within half a step of each activation times the weight; 128 inputs share a step.
    private void assertInt8(Matrix w, Tensor x, Tensor y) {
        Tensor expected = Tensor.zeros(1, w.rows());
        scalar.matmul(w, x, null, expected);
        float[] row = new float[w.cols()];
        for (int out = 0; out < w.rows(); out++) {
            w.unpackRow(out, row, 0);
            double bound = 0;
            for (int first = 0; first < row.length; first += 128) {
                double largest = 0;
                double magnitude = 0;
                for (int i = first; i < Math.min(first + 128, row.length); i++) {
                    largest = Math.max(largest, Math.abs(x.get(0, i)));
                    magnitude += Math.abs(row[i]);
                }
                bound += largest * magnitude * (1.0 / 254 + 2 * row.length * EPS);
            }
            Agreement.close(expected.get(0, out), y.get(0, out), bound);
        }
    }

    private void manyRows(Format format, int rows, int out, int in) {
        String name = "matmul %s %dx%dx%d".formatted(format, rows, out, in);
        if (!name.contains(only)) {
            return;
        }
        Matrix w = weights(format, out, in, 0);
        Tensor x = tensor(rows, in);
        Tensor y = Tensor.zeros(rows, out);
        kernels.matmul(w, x, null, y);
        for (int row : new int[] {0, rows / 2, rows - 1}) {
            assertProduct(w, x.slice(row, row + 1), y.slice(row, row + 1));
        }
        double flops = 2.0 * rows * out * in;
        report(
                name,
                flops,
                "GFLOP/s",
                () -> Machine.times(kernels.compute()) * machine.fmaPeak(),
                () -> kernels.matmul(w, x, null, y));
    }

    private void oneRow(Format format, int out, int in) {
        String name = "matmul %s 1x%dx%d".formatted(format, out, in);
        if (!name.contains(only)) {
            return;
        }
        long bytes = format.bytes((long) out * in);
        int copies = (int) (STREAM_BYTES / bytes);
        List<Matrix> weights = new ArrayList<>();
        for (int i = 0; i < copies; i++) {
            weights.add(weights(format, out, in, i * bytes));
        }
        Tensor x = tensor(1, in);
        Tensor y = Tensor.zeros(1, out);
        kernels.matmul(weights.getFirst(), x, null, y);
        assertProduct(weights.getFirst(), x, y);
        MemorySegment all = stream.asSlice(0, copies * bytes);
        report(name, (double) copies * bytes, "GB/s", () -> machine.readPeak(all), () -> {
            for (Matrix w : weights) {
                kernels.matmul(w, x, null, y);
            }
        });
    }

    private void attention(Format format, int rows, int keys, int heads, int kvHeads, int headDim, Visible visible) {
        String name = "attention %s %d rows %d keys %d/%d heads of %d, %s"
                .formatted(format, rows, keys, heads, kvHeads, headDim, visible);
        if (!name.contains(only)) {
            return;
        }
        Tensor q = tensor(rows, heads * headDim);
        KeyValues kv = keyValues(format, keys, kvHeads, headDim);
        Tensor y = Tensor.zeros(rows, heads * headDim);
        kernels.attention(q, kv, visible, y);
        double seen = 0;
        for (int row = 0; row < rows; row++) {
            seen += visible.keys(row, keys);
        }
        for (int row : new int[] {0, rows / 2, rows - 1}) {
            KeyValues some = kv.slice(0, visible.keys(row, keys));
            Tensor expected = Tensor.zeros(1, heads * headDim);
            scalar.attention(q.slice(row, row + 1), some, new Visible.Full(), expected);
            Agreement.attention(expected, y.slice(row, row + 1), some);
        }
        report(
                name,
                4.0 * seen * heads * headDim,
                "GFLOP/s",
                machine::fmaPeak,
                () -> kernels.attention(q, kv, visible, y));
    }

    private void oneRowAttention(Format format, int keys, int heads, int kvHeads, int headDim) {
        String name = "attention %s 1 row %d keys %d/%d heads of %d".formatted(format, keys, heads, kvHeads, headDim);
        if (!name.contains(only)) {
            return;
        }
        Tensor q = tensor(1, heads * headDim);
        KeyValues kv = keyValues(format, keys, kvHeads, headDim);
        Tensor y = Tensor.zeros(1, heads * headDim);
        kernels.attention(q, kv, new Visible.Full(), y);
        Tensor expected = Tensor.zeros(1, heads * headDim);
        scalar.attention(q, kv, new Visible.Full(), expected);
        Agreement.attention(expected, y, kv);
        double bytes = 2.0 * format.bytes((long) keys * kvHeads * headDim);
        report(
                name,
                bytes,
                "GB/s",
                () -> machine.readPeak(stream),
                () -> kernels.attention(q, kv, new Visible.Full(), y));
    }

    /// Prints the median speed, the median peak and their ratio; each round times a peak, then as many runs as
    /// last as long.
    private void report(String name, double work, String unit, DoubleSupplier peak, Runnable run) {
        long warm = System.nanoTime();
        while (System.nanoTime() - warm < 1_500_000_000L) {
            run.run();
            double _ = peak.getAsDouble();
        }
        double[] speeds = new double[rounds];
        double[] peaks = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            peaks[round] = peak.getAsDouble() / 1e9;
            long start = System.nanoTime();
            int runs = 0;
            while (runs == 0 || System.nanoTime() - start < 30_000_000L) {
                run.run();
                runs++;
            }
            speeds[round] = work * runs / (System.nanoTime() - start);
        }
        Arrays.sort(speeds);
        Arrays.sort(peaks);
        double speed = speeds[rounds / 2];
        double limit = peaks[rounds / 2];
        System.out.printf(
                "%-66s %7.1f %-7s of %6.1f  %3.0f %%   (best %7.1f of %6.1f)%n",
                name, speed, unit, limit, 100 * speed / limit, speeds[rounds - 1], peaks[rounds - 1]);
    }

    private void assertProduct(Matrix w, Tensor x, Tensor y) {
        Tensor expected = Tensor.zeros(1, w.rows());
        scalar.matmul(w, x, null, expected);
        float[] row = new float[w.cols()];
        double xStep = largest(x.toArray()) / 127;
        for (int out = 0; out < w.rows(); out++) {
            w.format().unpack(w.bytes(), (long) out * w.cols(), w.cols(), row, 0);
            double magnitude = 0;
            double rounding = 0;
            double wStep = largest(row) / 127;
            for (int i = 0; i < row.length; i++) {
                magnitude += Math.abs(row[i] * x.get(0, i));
                rounding += rounding(row[i], x.get(0, i), xStep, wStep);
            }
            Agreement.close(expected.get(0, out), y.get(0, out), 2 * row.length * EPS * magnitude + rounding);
        }
    }

    /// How far the product of two numbers is off when each is rounded to half a bf16 unit or half a step.
    private double rounding(float w, float x, double xStep, double wStep) {
        double unit = 0x1p-8;
        return switch (kernels.compute()) {
            case F32 -> 0;
            case BF16 -> Math.abs(w * x) * unit * (2 + unit);
            case INT8 -> (Math.abs(w) * xStep + Math.abs(x) * wStep) / 2 + xStep * wStep / 4;
        };
    }

    private static double largest(float[] row) {
        double largest = 0;
        for (float value : row) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }

    private Matrix weights(Format format, int rows, int cols, long at) {
        return new Matrix(stream.asSlice(at, format.bytes((long) rows * cols)), format, rows, cols);
    }

    private Tensor tensor(int rows, int cols) {
        Tensor x = Tensor.zeros(rows, cols);
        for (int i = 0; i < rows * cols; i++) {
            x.data()[i] = (float) random.nextGaussian();
        }
        return x;
    }

    private KeyValues keyValues(Format format, int rows, int heads, int headDim) {
        long count = (long) rows * heads * headDim;
        return new KeyValues(
                normal(format, count), normal(format, count), format, rows, heads, headDim, heads * headDim);
    }

    private MemorySegment normal(Format format, long count) {
        MemorySegment bytes = arena.allocate(format.bytes(count), 64);
        for (long i = 0; i < count; i++) {
            float value = (float) random.nextGaussian();
            if (format == Format.F32) {
                bytes.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
            } else {
                bytes.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(value));
            }
        }
        return bytes;
    }
}
