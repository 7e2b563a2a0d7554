package dev.fovea.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.kernel.Format;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WidthTest {
    private static final MemorySegment ARRAY = MemorySegment.ofArray(new float[4]);
    private static final MemorySegment MEMORY = Arena.global().allocate(16);

    static Stream<VectorSpecies<Float>> widths() {
        return Stream.of(FloatVector.SPECIES_128, FloatVector.SPECIES_256, FloatVector.SPECIES_512);
    }

    /// Otherwise the tests of a width would test another.
    @ParameterizedTest
    @MethodSource("widths")
    void allLoopsHaveTheSpeciesThatWasAskedFor(VectorSpecies<Float> species) {
        Width width = Width.of(species);
        assertThat(width.tiles().width()).isEqualTo(2 * species.length());
        for (Format format : Format.values()) {
            assertThat(width.codec(format, MEMORY).lanes()).isEqualTo(species.length());
            assertThat(width.codec(format, ARRAY).lanes()).isEqualTo(species.length());
        }
        assertThat(width.rows().lanes()).isEqualTo(species.length());
    }

    @ParameterizedTest
    @MethodSource("widths")
    void eachFormatAndKindOfMemoryHasLoopsOfItsOwn(VectorSpecies<Float> species) {
        Width width = Width.of(species);
        Set<Class<?>> classes = new HashSet<>();
        for (Format format : Format.values()) {
            classes.add(width.codec(format, MEMORY).getClass());
            classes.add(width.codec(format, ARRAY).getClass());
        }
        assertThat(classes).hasSize(2 * Format.values().length);
    }
}
