package dev.fovea.bench;

import dev.fovea.kernel.Activation;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.RotaryTable;
import dev.fovea.kernel.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/// Norms, rotation, softmax, activations and sums: bytes read and written against the speed at which memory can be
/// read. Activations are no larger than in a model, so caches may make them faster than that.
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets up before anything else is called
public class RowOperations {
    private static final int HEAD_DIM = 64;

    /// Largest magnitude of a number in [Inputs#steps].
    private static final double LARGEST = 4;

    /// The kernel's name, and its activation.
    @Param({
        "rmsNorm",
        "layerNorm",
        "ropeInPlace",
        "softmaxInPlace",
        "activateInPlace GELU_ERF",
        "activateInPlace GELU_TANH",
        "activateInPlace QUICK_GELU",
        "activateInPlace SILU",
        "siluMulInPlace",
        "addInPlace"
    })
    public String kernel;

    /// Rows x cols.
    @Param({"577x1024", "577x4096", "636x4096", "636x11008"})
    public String shape;

    private Tensor given; // [rows, cols]
    private Tensor x; // [rows, cols], given before each call, since what works in place again and again ends in zeros
    private Tensor y; // [rows, cols]
    private float[] weight; // [cols]
    private float[] bias; // [cols]
    private RotaryTable table;
    private int[] positions; // [rows]

    @Setup(Level.Trial)
    public void prepare(Technique technique, Timed timed) {
        int[] sizes = Inputs.numbers(shape); // rows, cols
        given = Inputs.steps(sizes[0], sizes[1], 1);
        y = Inputs.steps(sizes[0], sizes[1], 2);
        weight = Inputs.steps(1, sizes[1], 3).data();
        bias = Inputs.steps(1, sizes[1], 4).data();
        table = rotations(sizes[0]);
        positions = IntStream.range(0, sizes[0]).toArray();
        restore();
        check(technique);
        MemorySegment stream = technique.stream();
        Kernels kernels = technique.tested();
        int moved = kernel.equals("siluMulInPlace") || kernel.equals("addInPlace") ? 12 : 8; // bytes read and written
        timed.is((double) moved * sizes[0] * sizes[1], () -> technique.machine().readPeak(stream), () -> call(kernels));
    }

    @Setup(Level.Invocation)
    public void restore() {
        x = x == null ? given.copy() : x;
        System.arraycopy(given.data(), 0, x.data(), 0, x.data().length);
    }

    private static RotaryTable rotations(int rows) {
        Tensor cos = Tensor.zeros(rows, HEAD_DIM / 2);
        Tensor sin = Tensor.zeros(rows, HEAD_DIM / 2);
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < HEAD_DIM / 2; i++) {
                double angle = row * Math.pow(10000, -2.0 * i / HEAD_DIM);
                cos.data()[cos.at(row) + i] = (float) Math.cos(angle);
                sin.data()[sin.at(row) + i] = (float) Math.sin(angle);
            }
        }
        return new RotaryTable(cos, sin);
    }

    private void call(Kernels kernels) {
        switch (kernel) {
            case "rmsNorm" -> kernels.rmsNorm(x, weight, 1e-5f, x);
            case "layerNorm" -> kernels.layerNorm(x, weight, bias, 1e-5f, x);
            case "ropeInPlace" -> kernels.ropeInPlace(x, HEAD_DIM, table, positions);
            case "softmaxInPlace" -> kernels.softmaxInPlace(x);
            case "siluMulInPlace" -> kernels.siluMulInPlace(x, y);
            case "addInPlace" -> kernels.addInPlace(x, y);
            default -> kernels.activateInPlace(Activation.valueOf(kernel.substring(kernel.indexOf(' ') + 1)), x);
        }
    }

    private void check(Technique technique) {
        call(technique.tested());
        Tensor found = x.copy();
        restore();
        call(technique.agreement().scalar());
        DoubleUnaryOperator bound = bound(x.cols());
        for (int row : Agreement.sample(x.rows())) {
            for (int col = 0; col < x.cols(); col++) {
                double expected = x.get(row, col);
                Agreement.close(expected, found.get(row, col), bound.applyAsDouble(expected) + Float.MIN_NORMAL);
            }
        }
    }

    /// How far a result of this magnitude may be off, all inputs being below [#LARGEST]; sums are over a row.
    private DoubleUnaryOperator bound(int cols) {
        double eps = 2 * Agreement.EPS;
        double sum = (cols + 8) * eps;
        return switch (kernel) {
            case "rmsNorm" -> expected -> sum * Math.abs(expected);
            // Less the bias, of which the result says nothing; a deviation loses what its number cannot hold.
            case "layerNorm" -> expected -> sum * (Math.abs(expected) + LARGEST) + eps * LARGEST * (1 + 2 * LARGEST);
            case "ropeInPlace" -> _ -> 2 * eps * 2 * LARGEST;
            case "softmaxInPlace" -> expected -> (2 * eps * 2 * LARGEST + sum) * expected;
            case "siluMulInPlace" -> _ -> 3 * eps * LARGEST * LARGEST;
            case "addInPlace" -> _ -> 0;
            default -> _ -> 2 * eps * LARGEST;
        };
    }

    @Benchmark
    public void rows(Timed timed, Share share) {
        timed.run();
    }
}
