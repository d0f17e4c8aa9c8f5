/** The report: reads what was injected into the page and draws it. Nothing is fetched from anywhere. */
import { render } from 'preact';
import type { PageData } from '../page-data.js';
import { CampaignPage } from './campaign-page.js';
import './style.css';
import { TrialPage } from './trial-page.js';

const data = JSON.parse(document.getElementById('harrow-data')!.textContent) as PageData;
const page = document.getElementById('page')!;
render(data.kind === 'trial' ? <TrialPage data={data} /> : <CampaignPage data={data} />, page);
