package dev.fovea.eval.run;

import dev.fovea.eval.Sample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One picture and the questions about it; what a lane takes at a time.
record Picture(String image, List<Sample> samples) {
    /// The pictures of a task in the order of their first question.
    static List<Picture> of(List<Sample> samples) {
        Map<String, List<Sample>> byImage = new LinkedHashMap<>();
        for (Sample sample : samples) {
            byImage.computeIfAbsent(sample.image(), _ -> new ArrayList<>()).add(sample);
        }
        return byImage.entrySet().stream()
                .map(entry -> new Picture(entry.getKey(), List.copyOf(entry.getValue())))
                .toList();
    }
}
