package io.saccade.faults.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import org.junit.jupiter.api.Test;

class RepositoryTest {

    @Test
    void turnsTheSignOfAnOutputAndLeavesTheRestAsItWas() throws Exception {
        // Given
        var other = node("Relu", "image", "inside");
        var last = node("LpNormalization", "inside", "embedding");
        var graph = UnknownFieldSet.newBuilder()
                .addField(
                        1,
                        Field.newBuilder()
                                .addLengthDelimited(other)
                                .addLengthDelimited(last)
                                .build())
                .addField(12, text("embedding"))
                .build();
        var model = UnknownFieldSet.newBuilder()
                .addField(1, Field.newBuilder().addVarint(9).build())
                .addField(
                        7,
                        Field.newBuilder()
                                .addLengthDelimited(graph.toByteString())
                                .build())
                .build();

        // When
        var changed = UnknownFieldSet.parseFrom(Repository.opposite(model.toByteArray(), "embedding"));

        // Then
        assertThat(changed.getField(1)).isEqualTo(model.getField(1));
        var nodes = UnknownFieldSet.parseFrom(
                changed.getField(7).getLengthDelimitedList().getFirst());
        assertThat(nodes.getField(12)).isEqualTo(text("embedding"));
        assertThat(nodes.getField(1).getLengthDelimitedList())
                .containsExactly(
                        other,
                        node("LpNormalization", "inside", "embedding/before"),
                        node("Neg", "embedding/before", "embedding"));
    }

    private static ByteString node(String operator, String input, String output) {
        return UnknownFieldSet.newBuilder()
                .addField(1, text(input))
                .addField(2, text(output))
                .addField(4, text(operator))
                .build()
                .toByteString();
    }

    private static Field text(String text) {
        return Field.newBuilder()
                .addLengthDelimited(ByteString.copyFromUtf8(text))
                .build();
    }
}
