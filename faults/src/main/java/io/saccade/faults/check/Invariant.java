package io.saccade.faults.check;

/** What must hold after any fault. */
public enum Invariant {
    /** Every accepted image has ended: complete, partial with reasons, or refused with one; and nothing is in flight. */
    I1(
            "conservation",
            "every accepted image ends in a joined answer that explains every part, and nothing is left over"),
    /** Read committed, an image has one answer for each revision, and every revision says something new. */
    I2("uniqueness", "one joined answer for each image and revision"),
    /** Everything in an answer belongs to its image, and is what the models it names say of that image. */
    I3("right merge", "every part of an answer is about its image and from the model it names"),
    /** How soon answers flow again. */
    I4("recovery", "answers flow again soon after the fault"),
    /** Memory stays within its bound. */
    I5("bounded memory", "memory stays within its bound"),
    /** How much the models compute in vain. */
    I6("cost of faults", "little is computed twice"),
    /** Every dead letter tells its whole story, and no good record is among them. */
    I7("explained failure", "every dead letter has its story, and no good image is among them");

    private final String title;
    private final String promise;

    Invariant(String title, String promise) {
        this.title = title;
        this.promise = promise;
    }

    /** In two or three words. */
    public String title() {
        return title;
    }

    /** In a sentence without a full stop. */
    public String promise() {
        return promise;
    }

    /** Whether breaking it means that an answer is lost, double or wrong; the others are about time and money. */
    public boolean isCorrectness() {
        return this == I1 || this == I2 || this == I3 || this == I7;
    }
}
