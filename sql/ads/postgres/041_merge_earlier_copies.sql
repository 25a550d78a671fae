-- Let each ad that came again from an earlier answer be what that answer says.
--
-- reads:  compared_ads
-- writes: ads
-- grain:  one row per ad_id
-- why:    an answer that landed first may be loaded last, as one that was set aside

update ads
set
    ad_group = compared.ad_group,
    ad_campaign = compared.ad_campaign,
    is_campaign_known = compared.is_campaign_known,
    ad_scheme = compared.ad_scheme,
    shown_at = compared.shown_at,
    batch = compared.batch,
    line_number = compared.line_number
from compared_ads as compared
where
    ads.ad_id = compared.ad_id
    and compared.outcome = 'updated';
