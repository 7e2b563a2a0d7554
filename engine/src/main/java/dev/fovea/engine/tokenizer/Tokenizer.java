package dev.fovea.engine.tokenizer;

import dev.fovea.engine.file.GgufMetadata;
import dev.fovea.engine.file.ModelFormatException;
import dev.fovea.engine.file.SmallFiles;
import dev.fovea.engine.tokenizer.AddedTokens.Piece;
import dev.fovea.engine.tokenizer.TextRewrite.Place;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/// Text to token ids and back, as a checkpoint's files say.
///
/// Reads the SentencePiece kind of byte-pair encoding, from `tokenizer.json` or, where there is none, from
/// `tokenizer.model`. A file that asks for anything else is refused.
///
/// Immutable; one instance serves all threads. Half a surrogate pair in a text is read as U+FFFD.
public final class Tokenizer {
    /// The ids put around a text, and the ids with a role.
    ///
    /// @param before put before a text
    /// @param after put behind a text
    record Frame(int[] before, int[] after, OptionalInt bos, OptionalInt eos, OptionalInt pad) {}

    /// The stages from text to ids.
    record Stages(AddedTokens added, TextRewrite rewrite, BytePairs pairs) {}

    private static final String JSON = "tokenizer.json";
    private static final String MODEL = "tokenizer.model";

    private final Vocabulary vocabulary;
    private final Stages stages;
    private final Frame frame;
    private final StreamingDecoder.Steps decoding;

    Tokenizer(Vocabulary vocabulary, Stages stages, Frame frame, StreamingDecoder.Steps decoding) {
        this.vocabulary = vocabulary;
        this.stages = stages;
        this.frame = frame;
        this.decoding = decoding;
    }

    /// Whether a checkpoint has tokenizer files at all.
    public static boolean present(SmallFiles files) {
        return files.has(JSON) || files.has(MODEL);
    }

    /// Reads the tokenizer of a checkpoint.
    ///
    /// @param modelDirectory holds `tokenizer.json`, or `tokenizer.model` with or without `tokenizer_config.json`,
    ///     `special_tokens_map.json` and `added_tokens.json`
    /// @throws ModelFormatException if a file is damaged or asks for something that is not implemented
    public static Tokenizer load(Path modelDirectory) {
        SmallFiles files = SmallFiles.in(modelDirectory);
        if (!present(files)) {
            throw new ModelFormatException(modelDirectory, JSON + " or " + MODEL, "neither");
        }
        return load(files);
    }

    /// Reads the tokenizer among a checkpoint's files, as [#load(Path)] does.
    public static Tokenizer load(SmallFiles files) {
        TokenizerConfig config = TokenizerConfig.load(files);
        return files.has(JSON)
                ? new TokenizerJson(JsonField.read(files, JSON), config).tokenizer()
                : new SentencePieceTokenizer(SentencePieceFile.read(files, MODEL), config).tokenizer();
    }

    /// Whether a GGUF file has a tokenizer.
    public static boolean present(GgufMetadata metadata) {
        return metadata.has(GgufTokenizer.TOKENS);
    }

    /// Reads the tokenizer in a GGUF file.
    ///
    /// @throws ModelFormatException if it is damaged
    /// @throws dev.fovea.engine.file.UnsupportedModelException if it is of another kind than SentencePiece's
    public static Tokenizer load(GgufMetadata metadata) {
        return new GgufTokenizer(metadata).tokenizer();
    }

    /// The ids of a text, with BOS and EOS as the checkpoint's tokenizer adds them. Added tokens in the text are
    /// recognised.
    public int[] encode(String text) {
        IntStream.Builder ids = IntStream.builder();
        for (int id : frame.before()) {
            ids.add(id);
        }
        encode(text, Place.START, ids);
        for (int id : frame.after()) {
            ids.add(id);
        }
        return ids.build().toArray();
    }

    /// The ids of a text with no BOS or EOS put around it. Added tokens in the text are recognised.
    public int[] encodeWithoutSpecials(String text) {
        IntStream.Builder ids = IntStream.builder();
        encode(text, Place.START, ids);
        return ids.build().toArray();
    }

    /// The ids of a text that goes on an earlier one: as [#encodeWithoutSpecials], without the word mark that the first
    /// word of a text gets. Text that has been cut between two words, `"... bus."` and `" And"`, gets the same
    /// ids in two parts as in one.
    public int[] encodeContinuation(String text) {
        IntStream.Builder ids = IntStream.builder();
        encode(text, Place.CONTINUED, ids);
        return ids.build().toArray();
    }

    private void encode(String text, Place place, IntStream.Builder ids) {
        String whole = wellFormed(text);
        for (Piece piece : stages.added().cut(whole)) {
            if (piece.isText()) {
                Place here = piece.begin() == 0 ? place : Place.LATER;
                encodeStretch(whole.substring(piece.begin(), piece.end()), here, ids);
            } else {
                ids.add(piece.token());
            }
        }
    }

    private void encodeStretch(String text, Place place, IntStream.Builder ids) {
        String normal = stages.rewrite().normalize(text, place);
        for (Piece piece : stages.added().cutNormalized(normal)) {
            if (piece.isText()) {
                Place here = piece.begin() == 0 ? place : Place.LATER;
                String words = normal.substring(piece.begin(), piece.end());
                stages.rewrite().cut().words(words, here, word -> stages.pairs().encode(word, ids));
            } else {
                ids.add(piece.token());
            }
        }
    }

    /// The text of ids, special tokens shown. Ids without a token are passed over.
    public String decode(int[] ids) {
        return decode(ids, new StreamingDecoder(vocabulary, decoding, false));
    }

    /// The text of ids, special tokens left out. Ids without a token are passed over.
    public String decodeSkippingSpecials(int[] ids) {
        return decode(ids, stream());
    }

    private static String decode(int[] ids, StreamingDecoder decoder) {
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(decoder.push(id));
        }
        return text.append(decoder.flush()).toString();
    }

    /// A decoder for ids that come one by one, special tokens left out.
    public StreamingDecoder stream() {
        return new StreamingDecoder(vocabulary, decoding, true);
    }

    /// The id of a token given by its exact text.
    public OptionalInt id(String token) {
        return vocabulary.id(token);
    }

    /// The text of a token as the vocabulary has it, word marks and all.
    ///
    /// @throws IllegalArgumentException if the id has no token
    public String token(int id) {
        String token = vocabulary.token(id);
        if (token == null) {
            throw new IllegalArgumentException("no token has the id " + id + " among " + vocabulary.size());
        }
        return token;
    }

    /// Whether the id is a special token, one that [#decodeSkippingSpecials] leaves out.
    public boolean special(int id) {
        return vocabulary.special(id);
    }

    /// One more than the highest id of a token. A model's output may be wider.
    public int vocabSize() {
        return vocabulary.size();
    }

    /// The id that begins a text.
    public OptionalInt bos() {
        return frame.bos();
    }

    /// The id that ends a text.
    public OptionalInt eos() {
        return frame.eos();
    }

    /// The id that fills up short texts of a batch.
    public OptionalInt pad() {
        return frame.pad();
    }

    /// The text with each half of a surrogate pair that lacks its other half as U+FFFD.
    static String wellFormed(String text) {
        int at = 0;
        while (at < text.length() && !isLoneSurrogate(text, at)) {
            at++;
        }
        if (at == text.length()) {
            return text;
        }
        StringBuilder fixed = new StringBuilder(text);
        for (; at < fixed.length(); at++) {
            if (isLoneSurrogate(text, at)) {
                fixed.setCharAt(at, '\uFFFD');
            }
        }
        return fixed.toString();
    }

    private static boolean isLoneSurrogate(String text, int at) {
        char c = text.charAt(at);
        if (Character.isHighSurrogate(c)) {
            return at + 1 == text.length() || !Character.isLowSurrogate(text.charAt(at + 1));
        }
        return Character.isLowSurrogate(c) && (at == 0 || !Character.isHighSurrogate(text.charAt(at - 1)));
    }
}
