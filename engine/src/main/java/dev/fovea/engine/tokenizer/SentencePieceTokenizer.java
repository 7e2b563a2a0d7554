package dev.fovea.engine.tokenizer;

import dev.fovea.engine.file.ModelFormatException;
import dev.fovea.engine.tokenizer.AddedTokens.AddedToken;
import dev.fovea.engine.tokenizer.AddedTokens.Flag;
import dev.fovea.engine.tokenizer.AddedTokens.Trie;
import dev.fovea.engine.tokenizer.BytePairs.Rules;
import dev.fovea.engine.tokenizer.SentencePieceFile.Kind;
import dev.fovea.engine.tokenizer.SentencePieceFile.Piece;
import dev.fovea.engine.tokenizer.TextRewrite.Cut;
import dev.fovea.engine.tokenizer.TextRewrite.Metaspace;
import dev.fovea.engine.tokenizer.TextRewrite.Prepend;
import dev.fovea.engine.tokenizer.TextRewrite.Replace;
import dev.fovea.engine.tokenizer.TextRewrite.Scheme;
import dev.fovea.engine.tokenizer.TextRewrite.Squeeze;
import dev.fovea.engine.tokenizer.TextRewrite.Step;
import dev.fovea.engine.tokenizer.TextRewrite.Whole;
import dev.fovea.engine.tokenizer.Tokenizer.Frame;
import dev.fovea.engine.tokenizer.Tokenizer.Stages;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/// A tokenizer from `tokenizer.model`, of SentencePiece's BPE kind without a character map.
///
/// Two neighbouring symbols merge if their texts together are a piece, best score first. Added tokens, and whether BOS
/// and EOS are put around a text, come from the files beside it; without those a BOS is added, as the Llama tokenizer's
/// default is. `legacy` (true unless said otherwise) puts a word mark in front of each stretch between added tokens,
/// as SentencePiece does with a whole text; otherwise only a text's start gets one, and only if it has no space.
final class SentencePieceTokenizer {
    private static final String MARK = "\u2581";

    /// Longer pieces are refused: all their parts are tried as merges. SentencePiece's own default limit is 16.
    private static final int MAX_PIECE_CHARS = 256;

    /// Fields of the trainer and the normaliser in `sentencepiece_model.proto`.
    private static final int MODEL_TYPE = 3;

    private static final int BPE = 2;
    private static final int MARK_AS_SUFFIX = 24;
    private static final int BYTE_FALLBACK = 35;
    private static final int BOS_ID = 41;
    private static final int EOS_ID = 42;
    private static final int PAD_ID = 43;
    private static final int CHARACTER_MAP = 2;
    private static final int DUMMY_PREFIX = 3;
    private static final int SQUEEZE = 4;
    private static final int ESCAPE = 5;

    private final Path path;
    private final TokenizerConfig config;
    private final SentencePieceFile file;
    private final List<Piece> pieces;

    SentencePieceTokenizer(SentencePieceFile file, TokenizerConfig config) {
        this.path = file.file();
        this.config = config;
        this.file = file;
        pieces = file.pieces();
        require(file.trainer(MODEL_TYPE, 1) == BPE, "a BPE model (trainer.model_type 2)", MODEL_TYPE, true);
        require(file.trainer(MARK_AS_SUFFIX, 0) == 0, "no treat_whitespace_as_suffix", MARK_AS_SUFFIX, true);
        require(file.normalizer(ESCAPE, 1) != 0, "escape_whitespaces", ESCAPE, false);
        require(
                file.normalizer(CHARACTER_MAP, 0) == 0 && file.denormalizer(CHARACTER_MAP, 0) == 0,
                "the identity normaliser",
                CHARACTER_MAP,
                false);
    }

    private void require(boolean condition, String expected, int field, boolean trainer) {
        if (!condition) {
            long found = trainer ? file.trainer(field, 1) : file.normalizer(field, 0);
            String what = field == CHARACTER_MAP ? "a character map of " + found + " bytes" : String.valueOf(found);
            throw new ModelFormatException(path, expected, what);
        }
    }

    Tokenizer tokenizer() {
        Map<String, Integer> ids = ids();
        boolean prefixed = file.normalizer(DUMMY_PREFIX, 1) != 0 && config.flag("add_prefix_space", true);
        TextRewrite rewrite = rewrite(prefixed);
        List<AddedToken> added = TokenizerConfig.merged(config.declared(ids), controls(), rewrite);
        Vocabulary vocabulary = new Vocabulary(path, ids, added);
        AddedTokens tokens = new AddedTokens(added);
        Rules rules = new Rules(unknown(), true, byteFallback(), false);
        BytePairs pairs = new BytePairs(ids, merges(pieces, ids), userDefined(), rules);
        Frame frame = config.frame(frame(vocabulary), vocabulary);
        StreamingDecoder.Steps decoding =
                new StreamingDecoder.Steps(List.of(new Replace(MARK, " ")), true, ' ', prefixed ? 1 : 0);
        return new Tokenizer(vocabulary, new Stages(tokens, rewrite, pairs), frame, decoding);
    }

    private Map<String, Integer> ids() {
        Map<String, Integer> ids = HashMap.newHashMap(pieces.size());
        for (Piece piece : pieces) {
            if (piece.text().length() > MAX_PIECE_CHARS) {
                throw new ModelFormatException(
                        path,
                        "pieces of at most " + MAX_PIECE_CHARS + " characters",
                        piece.text().length() + "");
            }
            if (piece.kind() == Kind.UNUSED) {
                throw new ModelFormatException(path, "no unused pieces", "\"" + piece.text() + "\"");
            }
            if (ids.putIfAbsent(piece.text(), ids.size()) != null) {
                throw new ModelFormatException(path, "each piece once", "\"" + piece.text() + "\" again");
            }
        }
        return ids;
    }

    private int unknown() {
        int unknown = BytePairs.NONE;
        for (int id = 0; id < pieces.size(); id++) {
            if (pieces.get(id).kind() == Kind.UNKNOWN) {
                if (unknown != BytePairs.NONE) {
                    throw new ModelFormatException(path, "one unknown piece", "the ids " + unknown + " and " + id);
                }
                unknown = id;
            }
        }
        if (unknown == BytePairs.NONE) {
            throw new ModelFormatException(path, "an unknown piece", "none");
        }
        return unknown;
    }

    private boolean byteFallback() {
        long bytes = pieces.stream().filter(piece -> piece.kind() == Kind.BYTE).count();
        boolean fallback = file.trainer(BYTE_FALLBACK, 0) != 0;
        if (bytes != (fallback ? 256 : 0)) {
            throw new ModelFormatException(
                    path, fallback ? "256 byte pieces" : "no byte pieces without byte_fallback", bytes + "");
        }
        for (Piece piece : pieces) {
            if (piece.kind() == Kind.BYTE && !piece.text().matches("<0x[0-9A-F]{2}>")) {
                throw new ModelFormatException(path, "byte pieces like <0x0A>", "\"" + piece.text() + "\"");
            }
        }
        return fallback;
    }

    /// Control pieces and the unknown one are special tokens, as in the reference's conversion.
    private List<AddedToken> controls() {
        List<AddedToken> tokens = new ArrayList<>();
        for (int id = 0; id < pieces.size(); id++) {
            Kind kind = pieces.get(id).kind();
            if (kind == Kind.CONTROL || kind == Kind.UNKNOWN) {
                tokens.add(new AddedToken(id, pieces.get(id).text(), EnumSet.of(Flag.SPECIAL)));
            }
        }
        return tokens;
    }

    private Trie userDefined() {
        Trie trie = new Trie();
        for (int id = 0; id < pieces.size(); id++) {
            if (pieces.get(id).kind() == Kind.USER_DEFINED) {
                trie.add(pieces.get(id).text(), id);
            }
        }
        return trie;
    }

    /// Every way to put a normal piece together from two, ranked by the piece's score; equal scores share a rank.
    static PairTable merges(List<Piece> pieces, Map<String, Integer> ids) {
        List<Piece> byScore = new ArrayList<>();
        for (Piece piece : pieces) {
            if (piece.kind() == Kind.NORMAL) {
                byScore.add(piece);
            }
        }
        byScore.sort(Comparator.comparingDouble(Piece::score).reversed());
        PairTable pairs = new PairTable(2 * byScore.size());
        int rank = 0;
        for (int i = 0; i < byScore.size(); i++) {
            Piece piece = byScore.get(i);
            rank += i > 0 && piece.score() != byScore.get(i - 1).score() ? 1 : 0;
            String text = piece.text();
            for (int at = 1; at < text.length(); at++) {
                int left = normal(text.substring(0, at), pieces, ids);
                int right = left == BytePairs.NONE ? left : normal(text.substring(at), pieces, ids);
                if (right != BytePairs.NONE) {
                    pairs.put(left, right, rank, ids.getOrDefault(text, BytePairs.NONE));
                }
            }
        }
        return pairs;
    }

    private static int normal(String text, List<Piece> pieces, Map<String, Integer> ids) {
        Integer id = ids.get(text);
        return id == null || pieces.get(id).kind() != Kind.NORMAL ? BytePairs.NONE : id;
    }

    private TextRewrite rewrite(boolean prefixed) {
        List<Step> steps = new ArrayList<>();
        if (file.normalizer(SQUEEZE, 1) != 0) {
            steps.add(new Squeeze(MARK.charAt(0)));
        }
        Cut cut = new Whole();
        if (config.flag("legacy", true)) {
            if (prefixed) {
                steps.add(new Prepend(MARK));
            }
            steps.add(new Replace(" ", MARK));
        } else {
            cut = new Metaspace(MARK, prefixed ? Scheme.FIRST : Scheme.NEVER, false);
        }
        return new TextRewrite(List.copyOf(steps), cut);
    }

    private Frame frame(Vocabulary vocabulary) {
        OptionalInt bos = control(file.trainer(BOS_ID, 1), vocabulary);
        OptionalInt eos = control(file.trainer(EOS_ID, 2), vocabulary);
        OptionalInt pad = control(file.trainer(PAD_ID, -1), vocabulary);
        return new Frame(bos.stream().toArray(), new int[0], bos, eos, pad);
    }

    private static OptionalInt control(long id, Vocabulary vocabulary) {
        return id >= 0 && id < vocabulary.size() && vocabulary.special((int) id)
                ? OptionalInt.of((int) id)
                : OptionalInt.empty();
    }
}
