package io.saccade.cli.screen;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;

/** JSON for reading: indented, and long lists of numbers cut to the first few with a note of how many were left out. */
public final class ShortJson {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LONGEST = 8;
    private static final int SHOWN = 4;

    private ShortJson() {}

    /** The lines of a JSON value. */
    public static List<String> lines(byte[] json) {
        try {
            return JSON.writerWithDefaultPrettyPrinter()
                    .writeValueAsString(shorten(JSON.readTree(json)))
                    .lines()
                    .toList();
        } catch (IOException e) {
            throw new IllegalArgumentException("this is no JSON", e);
        }
    }

    private static JsonNode shorten(JsonNode node) {
        if (node instanceof ObjectNode object) {
            object.properties().forEach(entry -> entry.setValue(shorten(entry.getValue())));
            return object;
        }
        if (node instanceof ArrayNode array) {
            return isNumbers(array) && array.size() > LONGEST ? cut(array) : shortenEach(array);
        }
        return node;
    }

    private static ArrayNode shortenEach(ArrayNode array) {
        for (int i = 0; i < array.size(); i++) {
            array.set(i, shorten(array.get(i)));
        }
        return array;
    }

    private static ArrayNode cut(ArrayNode numbers) {
        var shortened = JsonNodeFactory.instance.arrayNode();
        for (int i = 0; i < SHOWN; i++) {
            shortened.add(numbers.get(i));
        }
        return shortened.add("... " + (numbers.size() - SHOWN) + " more numbers, left out here");
    }

    private static boolean isNumbers(ArrayNode array) {
        for (var element : array) {
            if (!element.isNumber()) {
                return false;
            }
        }
        return true;
    }
}
