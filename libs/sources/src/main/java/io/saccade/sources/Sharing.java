package io.saccade.sources;

/**
 * How often one fetch served several, since the start.
 *
 * @param hits     images that lay in the shared folder
 * @param waited   images that another process fetched meanwhile and left there
 * @param together images that another record of this process was fetching already
 * @param misses   images that the shared folder did not have, where there is one
 */
public record Sharing(long hits, long waited, long together, long misses) {

    Sharing plus(Sharing more) {
        return new Sharing(hits + more.hits, waited + more.waited, together + more.together, misses + more.misses);
    }
}
