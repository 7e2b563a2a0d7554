package dev.fovea.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.engine.file.Json;
import dev.fovea.engine.file.SafetensorsFile;
import dev.fovea.engine.file.TensorEntry;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;

/// Reference outputs: a JSON file and the safetensors file of the same name.
public record Goldens(JsonNode json, Map<String, TensorEntry> tensors) {

    /// Reads `NAME.json` and `NAME.safetensors` of a folder.
    public static Goldens read(Path folder, String name) {
        return new Goldens(
                Json.read(folder.resolve(name + ".json")),
                SafetensorsFile.open(folder.resolve(name + ".safetensors"), Arena.ofAuto())
                        .tensors());
    }

    /// A tensor as floats, in row-major order.
    public float[] floats(String name) {
        TensorEntry entry = tensors.get(name);
        assertThat(entry).as(name).isNotNull();
        return entry.floats();
    }

    /// A tensor of 32-bit whole numbers.
    public int[] ints(String name) {
        TensorEntry entry = tensors.get(name);
        assertThat(entry).as(name).isNotNull();
        return entry.bytes().toArray(ValueLayout.JAVA_INT_UNALIGNED);
    }

    /// A JSON array of whole numbers.
    public static int[] ints(JsonNode array) {
        return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
    }

    /// A JSON array of numbers.
    public static double[] doubles(JsonNode array) {
        return IntStream.range(0, array.size())
                .mapToDouble(i -> array.get(i).asDouble())
                .toArray();
    }

    /// Expands runs `[id, count]`, keeping one of each run of `single`.
    public static int[] expand(JsonNode runs, int single) {
        return StreamSupport.stream(runs.spliterator(), false)
                .flatMapToInt(run -> IntStream.range(
                                0, run.get(0).asInt() == single ? 1 : run.get(1).asInt())
                        .map(_ -> run.get(0).asInt()))
                .toArray();
    }

    /// Asserts that every value is within `tolerance` of the expected one.
    public static void assertClose(String what, float[] expected, float[] found, double tolerance) {
        assertThat(found).as(what + ": length").hasSameSizeAs(expected);
        double worst = 0;
        int at = 0;
        for (int i = 0; i < expected.length; i++) {
            double difference = Math.abs((double) expected[i] - found[i]);
            if (!(difference <= worst)) {
                worst = difference;
                at = i;
            }
        }
        assertThat(worst)
                .as(what + ": largest difference, at " + at + " of " + expected.length + ", expected " + expected[at])
                .isLessThanOrEqualTo(tolerance);
    }
}
