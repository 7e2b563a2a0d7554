package dev.fovea.kernel.vector;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Interleaved;
import dev.fovea.kernel.Matrix;
import java.io.IOException;
import java.io.InputStream;
import java.lang.constant.ConstantDescs;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.util.EnumMap;
import java.util.Map;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/// The vector loops for one register width.
///
/// The JIT compiler turns vector code into instructions only where the species is a constant, so each loop
/// class has it in a static final field. The classes as written use the width that the platform prefers. Where
/// other constants are wanted, they are defined once more, as hidden classes with the constants as class data:
/// the same code, compiled for another width.
///
/// In the same way there is a codec for each format and kind of memory. One that served all formats was more
/// than the JIT compiler takes into one method, and loops that have met files, native memory and arrays ask at
/// every load which it is; both made them several times slower.
///
/// @param columns tiles that read columns of `a`, see [Tiles]
/// @param direct codecs for memory off the heap
/// @param heap   codecs for arrays
/// @param interleaved codecs for that layout, off the heap or on it
record Width(
        VectorSpecies<Float> species,
        Tiles tiles,
        Tiles columns,
        Rows rows,
        Map<Format, RowCodec> direct,
        Map<Format, RowCodec> heap,
        Map<Format, RowCodec> interleaved) {

    /// What distinguishes one copy of a loop class from another.
    private record Constants(VectorSpecies<Float> species, Format format, boolean columns) {
        Constants(VectorSpecies<Float> species, Format format) {
            this(species, format, false);
        }
    }

    static Width of(VectorSpecies<Float> species) {
        boolean preferred = species.equals(FloatVector.SPECIES_PREFERRED);
        Constants constants = new Constants(species, Format.F32);
        return new Width(
                species,
                preferred ? new VectorTiles() : copy(VectorTiles.class, Tiles.class, constants),
                copy(VectorTiles.class, Tiles.class, new Constants(species, Format.F32, true)),
                preferred ? new VectorRows() : copy(VectorRows.class, Rows.class, constants),
                codecs(species),
                codecs(species),
                interleavedCodecs(species));
    }

    private static Map<Format, RowCodec> interleavedCodecs(VectorSpecies<Float> species) {
        Map<Format, RowCodec> codecs = new EnumMap<>(Format.class);
        for (Format format : Format.values()) {
            if (Interleaved.holds(format)) {
                codecs.put(format, copy(InterleavedCodec.class, RowCodec.class, new Constants(species, format)));
            }
        }
        return codecs;
    }

    private static Map<Format, RowCodec> codecs(VectorSpecies<Float> species) {
        Map<Format, RowCodec> codecs = new EnumMap<>(Format.class);
        for (Format format : Format.values()) {
            Class<? extends RowCodec> loops = format.block() == 1 ? VectorCodec.class : BlockCodec.class;
            codecs.put(format, copy(loops, RowCodec.class, new Constants(species, format)));
        }
        return codecs;
    }

    /// The codec for the weights `w`.
    RowCodec codec(Matrix w) {
        return w.layout() == Matrix.Layout.ROWS ? codec(w.format(), w.bytes()) : codec(interleaved, w.format());
    }

    /// The codec for `bytes` in `format`.
    RowCodec codec(Format format, MemorySegment bytes) {
        return codec(bytes.isNative() ? direct : heap, format);
    }

    private static RowCodec codec(Map<Format, RowCodec> codecs, Format format) {
        RowCodec codec = codecs.get(format);
        if (codec == null) {
            throw new IllegalArgumentException("no codec for " + format);
        }
        return codec;
    }

    /// The species of the loop class that `lookup` belongs to.
    static VectorSpecies<Float> speciesOf(MethodHandles.Lookup lookup) {
        Constants constants = constants(lookup);
        return constants == null ? FloatVector.SPECIES_PREFERRED : constants.species;
    }

    /// The format of the loop class that `lookup` belongs to.
    static Format formatOf(MethodHandles.Lookup lookup) {
        Constants constants = constants(lookup);
        return constants == null ? Format.F32 : constants.format;
    }

    /// Whether the tiles class that `lookup` belongs to reads columns.
    static boolean columnsOf(MethodHandles.Lookup lookup) {
        Constants constants = constants(lookup);
        return constants != null && constants.columns;
    }

    private static @Nullable Constants constants(MethodHandles.Lookup lookup) {
        try {
            return MethodHandles.classData(lookup, ConstantDescs.DEFAULT_NAME, Constants.class);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    private static <T> T copy(Class<? extends T> loops, Class<T> promise, Constants constants) {
        String file = loops.getSimpleName() + ".class";
        try (InputStream in = loops.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("class file " + file + " is not readable");
            }
            Class<?> copy = MethodHandles.lookup()
                    .defineHiddenClassWithClassData(in.readAllBytes(), constants, true)
                    .lookupClass();
            return promise.cast(copy.getDeclaredConstructor().newInstance());
        } catch (IOException | ReflectiveOperationException e) {
            throw new IllegalStateException("cannot define " + loops + " for " + constants, e);
        }
    }
}
