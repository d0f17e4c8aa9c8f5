/** The right name for a wrong one: readers of histories use it too. */
export { didYouMean, editDistance, nearestName } from '../../histories/nearest.js';
