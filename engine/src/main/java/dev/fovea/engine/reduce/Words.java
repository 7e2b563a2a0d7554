package dev.fovea.engine.reduce;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/// Constants as users write them.
public final class Words {
    private Words() {}

    public static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /// The constant that a user's word names.
    public static <E extends Enum<E>> E parse(Class<E> type, String setting, String word) {
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> of(constant).equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(setting + ": expected one of "
                        + Arrays.stream(type.getEnumConstants()).map(Words::of).collect(Collectors.joining(", "))
                        + ", found " + word));
    }
}
