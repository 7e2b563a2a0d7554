package dev.fovea.engine.tokenizer;

import dev.fovea.engine.file.GgufMetadata;
import dev.fovea.engine.file.ModelFormatException;
import dev.fovea.engine.file.UnsupportedModelException;
import dev.fovea.engine.tokenizer.AddedTokens.AddedToken;
import dev.fovea.engine.tokenizer.AddedTokens.Flag;
import dev.fovea.engine.tokenizer.AddedTokens.Trie;
import dev.fovea.engine.tokenizer.BytePairs.Rules;
import dev.fovea.engine.tokenizer.SentencePieceFile.Kind;
import dev.fovea.engine.tokenizer.SentencePieceFile.Piece;
import dev.fovea.engine.tokenizer.TextRewrite.Prepend;
import dev.fovea.engine.tokenizer.TextRewrite.Replace;
import dev.fovea.engine.tokenizer.TextRewrite.Squeeze;
import dev.fovea.engine.tokenizer.TextRewrite.Step;
import dev.fovea.engine.tokenizer.TextRewrite.Whole;
import dev.fovea.engine.tokenizer.Tokenizer.Frame;
import dev.fovea.engine.tokenizer.Tokenizer.Stages;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/// The tokenizer in a GGUF file of the kind `llama`: SentencePiece's byte-pair encoding.
///
/// ```
/// tokenizer.ggml.tokens       strings, a token's id is its place
/// tokenizer.ggml.scores       the better the earlier a merge to this token
/// tokenizer.ggml.token_type   1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte
/// ```
///
/// Control and user-defined tokens are taken from the text as written; each stretch between them begins with a word
/// mark, as llama.cpp has it.
final class GgufTokenizer {
    static final String TOKENS = "tokenizer.ggml.tokens";
    private static final String MARK = "\u2581";
    private static final int MAX_PIECE_CHARS = 256;

    private final GgufMetadata metadata;
    private final List<Piece> pieces = new ArrayList<>();
    private final Map<String, Integer> ids = new HashMap<>();

    GgufTokenizer(GgufMetadata metadata) {
        this.metadata = metadata;
        String model = metadata.text("tokenizer.ggml.model").orElse("nothing");
        if (!model.equals("llama")) {
            throw new UnsupportedModelException(metadata.file(), "tokenizer.ggml.model = " + model, "llama");
        }
        String[] tokens = metadata.texts(TOKENS).orElse(new String[0]);
        double[] scores = metadata.numbers("tokenizer.ggml.scores").orElse(new double[0]);
        long[] types = metadata.integers("tokenizer.ggml.token_type").orElse(new long[0]);
        if (tokens.length == 0 || tokens.length > Vocabulary.MAX_TOKENS) {
            throw bad(TOKENS + " with 1 to " + Vocabulary.MAX_TOKENS + " tokens", tokens.length + "");
        }
        if (scores.length != tokens.length || types.length != tokens.length) {
            throw bad(
                    "a score and a type for each of " + tokens.length + " tokens",
                    scores.length + " scores, " + types.length + " types");
        }
        for (int id = 0; id < tokens.length; id++) {
            add(tokens[id], scores[id], types[id]);
        }
    }

    private void add(String text, double score, long type) {
        if (text.length() > MAX_PIECE_CHARS) {
            throw bad("tokens of at most " + MAX_PIECE_CHARS + " characters", text.length() + "");
        }
        if (type < 1 || type > Kind.values().length) {
            throw bad("token types from 1 to " + Kind.values().length, type + " for \"" + text + "\"");
        }
        if (ids.putIfAbsent(text, ids.size()) != null) {
            throw bad("each token once", "\"" + text + "\" again");
        }
        pieces.add(new Piece(text, (float) score, SentencePieceFile.kind(type)));
    }

    Tokenizer tokenizer() {
        boolean prefixed = metadata.flag("tokenizer.ggml.add_space_prefix").orElse(true);
        List<Step> steps = new ArrayList<>();
        if (metadata.flag("tokenizer.ggml.remove_extra_whitespaces").orElse(false)) {
            steps.add(new Squeeze(MARK.charAt(0)));
        }
        if (prefixed) {
            steps.add(new Prepend(MARK));
        }
        steps.add(new Replace(" ", MARK));
        List<AddedToken> added = added();
        Vocabulary vocabulary = new Vocabulary(metadata.file(), ids, added);
        Rules rules = new Rules(unknown(), true, byteFallback(), false);
        BytePairs pairs = new BytePairs(ids, SentencePieceTokenizer.merges(pieces, ids), new Trie(), rules);
        StreamingDecoder.Steps decoding =
                new StreamingDecoder.Steps(List.of(new Replace(MARK, " ")), true, ' ', prefixed ? 1 : 0);
        TextRewrite rewrite = new TextRewrite(List.copyOf(steps), new Whole());
        return new Tokenizer(vocabulary, new Stages(new AddedTokens(added), rewrite, pairs), frame(), decoding);
    }

    private List<AddedToken> added() {
        List<AddedToken> added = new ArrayList<>();
        for (int id = 0; id < pieces.size(); id++) {
            Kind kind = pieces.get(id).kind();
            boolean written = kind == Kind.CONTROL || kind == Kind.UNKNOWN || kind == Kind.USER_DEFINED;
            if (written && !pieces.get(id).text().isEmpty()) {
                Set<Flag> flags = kind == Kind.USER_DEFINED ? EnumSet.noneOf(Flag.class) : EnumSet.of(Flag.SPECIAL);
                added.add(new AddedToken(id, pieces.get(id).text(), flags));
            }
        }
        return added;
    }

    private int unknown() {
        OptionalInt given = id("tokenizer.ggml.unknown_token_id");
        for (int id = 0; given.isEmpty() && id < pieces.size(); id++) {
            if (pieces.get(id).kind() == Kind.UNKNOWN) {
                given = OptionalInt.of(id);
            }
        }
        return given.orElse(BytePairs.NONE);
    }

    private boolean byteFallback() {
        int bytes = 0;
        for (Piece piece : pieces) {
            if (piece.kind() == Kind.BYTE) {
                bytes++;
                if (!piece.text().matches("<0x[0-9A-F]{2}>")) {
                    throw bad("byte tokens like <0x0A>", "\"" + piece.text() + "\"");
                }
            }
        }
        if (bytes != 0 && bytes != 256) {
            throw bad("256 byte tokens or none", bytes + "");
        }
        return bytes == 256;
    }

    private Frame frame() {
        OptionalInt bos = id("tokenizer.ggml.bos_token_id");
        OptionalInt eos = id("tokenizer.ggml.eos_token_id");
        boolean addBos = metadata.flag("tokenizer.ggml.add_bos_token").orElse(true);
        boolean addEos = metadata.flag("tokenizer.ggml.add_eos_token").orElse(false);
        return new Frame(
                addBos ? bos.stream().toArray() : new int[0],
                addEos ? eos.stream().toArray() : new int[0],
                bos,
                eos,
                id("tokenizer.ggml.padding_token_id"));
    }

    private OptionalInt id(String key) {
        long id = metadata.integer(key).orElse(-1L);
        if (id >= pieces.size()) {
            throw bad(key + " below " + pieces.size(), id + "");
        }
        return id < 0 ? OptionalInt.empty() : OptionalInt.of((int) id);
    }

    private ModelFormatException bad(String expected, String found) {
        return new ModelFormatException(metadata.file(), expected, found);
    }
}
