package dev.fovea.engine.tokenizer;

import static dev.fovea.engine.tokenizer.SmallVocabulary.ids;
import static dev.fovea.engine.tokenizer.SmallVocabulary.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Ids and texts equal those of the reference libraries, recorded in `goldens.json` for a vocabulary of our own.
class TokenizerGoldenTest {
    private final SmallVocabulary small = new SmallVocabulary();

    @TempDir
    Path folder;

    @TestFactory
    List<DynamicTest> everyPipelineOfTokenizerJsonAgrees() {
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode variant : small.goldens.get("tokenizers")) {
            String name = variant.get("name").stringValue();
            tests.add(dynamicTest(name, () -> agrees(small.load(folder.resolve(name), variant), variant)));
        }
        assertThat(tests).hasSizeGreaterThan(10);
        return tests;
    }

    @TestFactory
    List<DynamicTest> everyKindOfTokenizerModelAgrees() {
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode variant : small.goldens.get("sentencepiece")) {
            String name = variant.get("name").stringValue();
            tests.add(dynamicTest(name, () -> {
                JsonNode options = variant.get("options");
                byte[] model = SmallVocabulary.model(small.pieces(options), options);
                Tokenizer tokenizer = Tokenizer.load(write(folder.resolve(name), "tokenizer.model", model));
                for (JsonNode golden : variant.get("cases")) {
                    String text = golden.get("text").stringValue();
                    assertThat(tokenizer.encodeWithoutSpecials(text)).as(text).containsExactly(ids(golden.get("ids")));
                }
            }));
        }
        assertThat(tests).hasSizeGreaterThan(5);
        return tests;
    }

    @Test
    void mergesMayBeWrittenAsOneStringEach() {
        JsonNode variant = small.variant("metaspace");
        ObjectNode joined = small.tokenizerJson(variant, true);
        agrees(Tokenizer.load(write(folder, "tokenizer.json", joined)), variant);
    }

    @Test
    void tokenizerModelWithItsConfigAgreesWithTokenizerJson() {
        for (boolean legacy : new boolean[] {true, false}) {
            JsonNode variant = small.variant(legacy ? "prepend" : "metaspace");
            JsonNode options = small.modelOptions("usual");
            Path both = folder.resolve("legacy " + legacy);
            write(both, "tokenizer.model", SmallVocabulary.model(small.pieces(options), options));
            write(both, "tokenizer_config.json", config(variant, legacy));
            agrees(Tokenizer.load(both), variant);
        }
    }

    @Test
    void addedTokensOfTheOldKindOfFileAreFoundToo() {
        JsonNode variant = small.variant("prepend");
        JsonNode options = small.modelOptions("usual");
        write(folder, "tokenizer.model", SmallVocabulary.model(small.pieces(options), options));
        ObjectNode added = SmallVocabulary.JSON.createObjectNode();
        ObjectNode specials = SmallVocabulary.JSON.createObjectNode();
        for (JsonNode token : variant.get("tokenizer").get("added_tokens")) {
            added.put(token.get("content").stringValue(), token.get("id").intValue());
            specials.withArray("additional_special_tokens").add(token.get("content"));
        }
        write(folder, "added_tokens.json", added);
        write(folder, "special_tokens_map.json", specials);
        agrees(Tokenizer.load(folder), variant);
    }

    private static ObjectNode config(JsonNode variant, boolean legacy) {
        ObjectNode config = SmallVocabulary.JSON.createObjectNode();
        config.put("legacy", legacy).put("add_bos_token", true).put("bos_token", "<s>");
        ObjectNode decoder = config.putObject("added_tokens_decoder");
        for (JsonNode token : variant.get("tokenizer").get("added_tokens")) {
            ObjectNode entry = ((ObjectNode) token).deepCopy();
            decoder.set(String.valueOf(entry.remove("id").intValue()), entry);
        }
        return config;
    }

    private static void agrees(Tokenizer tokenizer, JsonNode variant) {
        for (JsonNode golden : variant.get("cases")) {
            String text = golden.get("text").stringValue();
            assertThat(tokenizer.encode(text)).as(text).containsExactly(ids(golden.get("ids")));
            assertThat(tokenizer.encodeWithoutSpecials(text)).as(text).containsExactly(ids(golden.get("bare")));
            decodes(tokenizer, golden);
        }
        for (JsonNode golden : variant.get("decodings")) {
            decodes(tokenizer, golden);
        }
    }

    private static void decodes(Tokenizer tokenizer, JsonNode golden) {
        int[] ids = ids(golden.get("ids"));
        assertThat(tokenizer.decode(ids)).isEqualTo(golden.get("decoded").stringValue());
        assertThat(tokenizer.decodeSkippingSpecials(ids))
                .isEqualTo(golden.get("skipped").stringValue());
    }
}
