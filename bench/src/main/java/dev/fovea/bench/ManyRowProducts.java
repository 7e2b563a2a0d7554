package dev.fovea.bench;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Interleaved;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/// Products with many rows against the peak of their arithmetic. All that a product needs is timed: conversion of
/// activations, packing of weights where they are not kept packed, results in f32.
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets parameters before anything is called
public class ManyRowProducts {
    static final String INTERLEAVED = "interleaved ";

    /// Format of the weights; interleaved ones are as the technique lays them out while loading.
    @Param({"F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_K", "Q5_K", "Q6_K", "interleaved Q8_0", "interleaved Q4_0"})
    public String weights;

    /// Rows x outputs x inputs.
    @Param({
        "577x1024x1024",
        "577x4096x1024",
        "577x1024x4096",
        "636x4096x4096",
        "636x11008x4096",
        "2000x4096x4096",
        "16x4096x4096"
    })
    public String shape;

    @Setup(Level.Trial)
    public void prepare(Technique technique, Timed timed) {
        int[] sizes = Inputs.numbers(shape); // rows, outputs, inputs
        Kernels kernels = technique.tested();
        Matrix w = matrix(weights, sizes[1], sizes[2], technique);
        Tensor x = Inputs.normal(sizes[0], sizes[2]);
        Tensor y = Tensor.zeros(sizes[0], sizes[1]);
        kernels.matmul(w, x, null, y);
        technique.agreement().product(kernels.compute(), w, x, y);
        timed.is(
                2.0 * sizes[0] * sizes[1] * sizes[2],
                () -> Machine.times(kernels.compute()) * technique.machine().fmaPeak(),
                () -> kernels.matmul(w, x, null, y));
    }

    static Matrix matrix(String weights, int rows, int cols, Technique technique) {
        boolean interleaved = weights.startsWith(INTERLEAVED);
        Format format = Format.valueOf(interleaved ? weights.substring(INTERLEAVED.length()) : weights);
        Matrix plain = new Matrix(technique.weights(format.bytes((long) rows * cols)), format, rows, cols);
        if (!interleaved) {
            return plain;
        }
        Matrix own = technique.tested().interleaved(plain, technique.arena());
        return own.layout() == plain.layout() ? Interleaved.of(plain, technique.workers(), technique.arena()) : own;
    }

    @Benchmark
    public void matmul(Timed timed, Share share) {
        timed.run();
    }
}
