package dev.fovea.engine.family;

import dev.fovea.engine.family.Role.Part;
import dev.fovea.engine.file.ModelFormatException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/// How a checkpoint spells its tensors: a prefix for each part, found by looking which of the known ones is there.
///
/// Known are the hub's LLaVA layout, that of transformers 4.52 and later in memory, what `save_pretrained` of 5.x
/// writes, and the original LLaVA naming.
record WeightNames(Map<Part, String> prefixes) {
    /// The prefixes of each part, most specific first, and a tensor that proves one.
    private record Known(Part part, String proof, List<String> prefixes) {}

    private static final List<Known> KNOWN = List.of(
            new Known(
                    Part.TEXT,
                    "embed_tokens.weight",
                    List.of("language_model.model.", "model.language_model.", "model.")),
            new Known(Part.HEAD, "", List.of("language_model.lm_head.weight", "lm_head.weight")),
            new Known(
                    Part.VISION,
                    "embeddings.patch_embedding.weight",
                    List.of(
                            "vision_tower.vision_model.",
                            "model.vision_tower.vision_tower.vision_model.",
                            "model.vision_tower.vision_model.",
                            "vision_tower.",
                            "model.vision_tower.")),
            new Known(
                    Part.PROJECTOR_FIRST,
                    "weight",
                    List.of(
                            "multi_modal_projector.linear_1.",
                            "model.multi_modal_projector.linear_1.",
                            "model.mm_projector.0.")),
            new Known(
                    Part.PROJECTOR_SECOND,
                    "weight",
                    List.of(
                            "multi_modal_projector.linear_2.",
                            "model.multi_modal_projector.linear_2.",
                            "model.mm_projector.2.")),
            new Known(Part.NEWLINE, "", List.of("image_newline", "model.image_newline")));

    /// Obsolete buffers and parts that no feature passes through.
    private static final List<Pattern> IGNORED = List.of(
            Pattern.compile(".*\\.rotary_emb\\.inv_freq"),
            Pattern.compile(".*\\.embeddings\\.position_ids"),
            Pattern.compile(".*\\.post_layernorm\\.(weight|bias)"));

    /// Finds the spelling of a checkpoint.
    ///
    /// @param optional parts that may be missing
    static WeightNames find(Set<String> names, Set<Part> optional, Path file) {
        Map<Part, String> prefixes = new EnumMap<>(Part.class);
        for (Known known : KNOWN) {
            known.prefixes().stream()
                    .filter(prefix -> names.contains(prefix + known.proof()))
                    .findFirst()
                    .ifPresent(prefix -> prefixes.put(known.part(), prefix));
            if (!prefixes.containsKey(known.part()) && !optional.contains(known.part())) {
                throw new ModelFormatException(
                        file,
                        "tensor " + String.join(known.proof() + " or ", known.prefixes()) + known.proof(),
                        "none of these among " + names.size() + " tensors");
            }
        }
        return new WeightNames(prefixes);
    }

    boolean has(Part part) {
        return prefixes.containsKey(part);
    }

    String name(Role role, int layer) {
        String prefix = prefixes.get(role.part());
        if (prefix == null) {
            throw new IllegalStateException("no tensors of part " + role.part());
        }
        return prefix + role.suffix(layer);
    }

    static boolean ignored(String name) {
        return IGNORED.stream().anyMatch(pattern -> pattern.matcher(name).matches());
    }
}
