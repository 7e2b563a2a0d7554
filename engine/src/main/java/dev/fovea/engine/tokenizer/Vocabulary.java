package dev.fovea.engine.tokenizer;

import dev.fovea.engine.file.ModelFormatException;
import dev.fovea.engine.tokenizer.AddedTokens.AddedToken;
import dev.fovea.engine.tokenizer.AddedTokens.Flag;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// Every token of a tokenizer by id and by text: each id has at most one text, each text one id.
final class Vocabulary {
    /// The most tokens accepted; the largest vocabularies in use have some 260,000.
    static final int MAX_TOKENS = 1 << 21;

    /// How many ids may have no token. Added tokens may leave holes, but a wild id must not cost memory.
    static final int MAX_HOLES = 1 << 16;

    private final Map<String, Integer> ids;
    private final @Nullable String[] tokens; // [size], null where an id has no token
    private final Map<Integer, String> shown = new HashMap<>(); // where it is not the token
    private final BitSet special = new BitSet();

    /// @param file named in errors
    /// @param model the tokens of the model by text
    /// @param added may repeat tokens of the model
    Vocabulary(Path file, Map<String, Integer> model, List<AddedToken> added) {
        ids = new HashMap<>(model);
        for (AddedToken token : added) {
            Integer known = ids.putIfAbsent(token.content(), token.id());
            if (known != null && known != token.id()) {
                throw new ModelFormatException(
                        file, "one id for the token \"" + token.content() + "\"", known + " and " + token.id());
            }
            special.set(token.id(), token.is(Flag.SPECIAL));
            if (!token.sought().equals(token.content())) {
                shown.put(token.id(), token.sought());
            }
        }
        tokens = new @Nullable String[size(file)];
        for (Map.Entry<String, Integer> entry : ids.entrySet()) {
            int id = entry.getValue();
            if (tokens[id] != null) {
                throw new ModelFormatException(
                        file, "one token with the id " + id, "\"" + tokens[id] + "\" and \"" + entry.getKey() + "\"");
            }
            tokens[id] = entry.getKey();
        }
    }

    private int size(Path file) {
        int last = -1;
        for (int id : ids.values()) {
            last = Math.max(last, id);
        }
        if (ids.size() > MAX_TOKENS || last >= ids.size() + MAX_HOLES) {
            throw new ModelFormatException(
                    file,
                    "at most " + MAX_TOKENS + " tokens with nearly consecutive ids",
                    ids.size() + " tokens with ids up to " + last);
        }
        return last + 1;
    }

    /// One more than the highest id.
    int size() {
        return tokens.length;
    }

    OptionalInt id(String token) {
        Integer id = ids.get(token);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /// The text of a token, or null if the id has none.
    @Nullable
    String token(int id) {
        return id >= 0 && id < tokens.length ? tokens[id] : null;
    }

    /// The text that decoding begins with, or null if the id has none: an added token's normalised text, so that
    /// what the normaliser did to it is undone as for any other token.
    @Nullable
    String shown(int id) {
        String token = token(id);
        return token == null ? null : shown.getOrDefault(id, token);
    }

    boolean special(int id) {
        return id >= 0 && special.get(id);
    }
}
