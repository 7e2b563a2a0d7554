package dev.fovea.engine.family;

import dev.fovea.engine.file.ModelFiles;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/// The ids that begin, end and pad a text: from `generation_config.json`, else from the config, else Llama's.
record TokenIds(List<Integer> eos, int bos, OptionalInt pad) {
    private static final int LLAMA_BOS = 1;
    private static final int LLAMA_EOS = 2;

    /// Reads from the first of the generation config and `configs` that has each key; all ids lie below `vocab`.
    static TokenIds read(ModelFiles files, List<Section> configs, int vocab) {
        List<Section> sources = new ArrayList<>();
        String name = "generation_config.json";
        files.json(name)
                .ifPresent(json -> sources.add(Section.whole(files.directory().resolve(name), json)));
        sources.addAll(configs);
        List<Integer> eos = first(sources, "eos_token_id", 0, vocab - 1);
        List<Integer> bos = first(sources, "bos_token_id", 0, vocab - 1);
        // Old configs say -1 where there is no padding; padding is never fed to the model, so it need not be in reach.
        List<Integer> pad = first(sources, "pad_token_id", -1, Integer.MAX_VALUE);
        return new TokenIds(
                eos.isEmpty() ? List.of(LLAMA_EOS) : List.copyOf(eos),
                bos.isEmpty() ? LLAMA_BOS : bos.getFirst(),
                pad.isEmpty() || pad.getFirst() < 0 ? OptionalInt.empty() : OptionalInt.of(pad.getFirst()));
    }

    private static List<Integer> first(List<Section> sources, String key, int min, int max) {
        for (Section source : sources) {
            List<Integer> ids = source.integers(key, min, max);
            if (ids.size() > 1 && !key.equals("eos_token_id")) {
                throw source.refusal(key, "one id");
            }
            if (!ids.isEmpty()) {
                return ids;
            }
        }
        return List.of();
    }
}
