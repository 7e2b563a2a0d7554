package dev.fovea.engine.tokenizer;

import dev.fovea.engine.tokenizer.TextRewrite.Replace;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Turns token ids into text one by one. What [#push] and [#flush] return, put together, is what decoding all ids at
/// once gives, character for character.
///
/// Text may come late, never half: the bytes of a character that has no token of its own wait until the next token
/// that is no byte. They wait even when they are whole characters, because the reference turns a run of bytes that is
/// not UTF-8 into one replacement character per byte, those of its good characters included.
///
/// Unlike the reference (0.23), which takes an added token that its normaliser changes for an ordinary one, a special
/// token is left out in any case.
///
/// Belongs to one thread. Ids that stand for no token are passed over, as in the reference: a model's output is often
/// wider than its vocabulary.
public final class StreamingDecoder {
    /// How a tokenizer's tokens become text.
    ///
    /// @param replaced what is replaced in each token
    /// @param bytes whether tokens like `<0x0A>` are bytes
    /// @param stripped the code point of which up to `strips` are dropped at the start of the text
    record Steps(List<Replace> replaced, boolean bytes, int stripped, int strips) {}

    private final Vocabulary vocabulary;
    private final Steps steps;
    private final boolean skipSpecials;
    private final ByteArrayOutputStream run = new ByteArrayOutputStream();
    private int stripsLeft;

    StreamingDecoder(Vocabulary vocabulary, Steps steps, boolean skipSpecials) {
        this.vocabulary = vocabulary;
        this.steps = steps;
        this.skipSpecials = skipSpecials;
        stripsLeft = steps.strips();
    }

    /// Takes the next id and returns the text that is complete now, perhaps none.
    public String push(int id) {
        String token = vocabulary.shown(id);
        if (token == null || (skipSpecials && vocabulary.special(id))) {
            return "";
        }
        for (Replace replace : steps.replaced()) {
            token = token.replace(replace.from(), replace.to());
        }
        int value = steps.bytes() ? byteValue(token) : -1;
        if (value >= 0) {
            run.write(value);
            return "";
        }
        return stripped(endRun() + token);
    }

    /// Returns the text still waiting; the next [#push] begins a new text.
    public String flush() {
        String rest = stripped(endRun());
        stripsLeft = steps.strips();
        return rest;
    }

    private String endRun() {
        if (run.size() == 0) {
            return "";
        }
        byte[] bytes = run.toByteArray();
        run.reset();
        String text = utf8(bytes);
        return text != null ? text : "\uFFFD".repeat(bytes.length);
    }

    private static @Nullable String utf8(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    private String stripped(String text) {
        int at = 0;
        while (stripsLeft > 0 && at < text.length()) {
            if (text.codePointAt(at) == steps.stripped()) {
                at += Character.charCount(steps.stripped());
                stripsLeft--;
            } else {
                stripsLeft = 0;
            }
        }
        return text.substring(at);
    }

    /// The byte that `<0xAB>` stands for, or -1.
    private static int byteValue(String token) {
        if (token.length() != 6 || !token.startsWith("<0x") || token.charAt(5) != '>') {
            return -1;
        }
        int high = hexDigit(token.charAt(3));
        int low = hexDigit(token.charAt(4));
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }

    private static int hexDigit(char c) {
        return c < 0x80 ? Character.digit(c, 16) : -1;
    }
}
